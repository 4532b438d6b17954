import { isDuplicateKey } from '#persistence';

/** One piece of work is a few records, and each of them can be lost to another process once. */
const maxRaces = 20;

/** Work at the start that another process of ours may do at the same time: what it was faster with is found the next time. */
export async function besideOthers<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await work();
    } catch (error) {
      if (!isDuplicateKey(error) || attempt === maxRaces) throw error;
    }
}
