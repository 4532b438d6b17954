import { codeOf } from '#kernel';
import { oddAnswer } from './scicat-errors.js';

interface Entry {
  readonly id: string;
}

/** Asks for so many entries whose ids are above `after`, in the order of their ids. */
export type Page<T extends Entry> = (after: string | undefined, limit: number) => Promise<readonly T[]>;

const most = 10_000;

/**
 * A list in the order of its ids, a page at a time: what is there all the time comes once, whatever is added or removed meanwhile.
 * Some versions of SciCat sort some lists otherwise than they are asked to: their pages are made larger until one has them all.
 *
 * @param what is listed, for the error
 * @param size entries of the first page; fewer, where so many are too large an answer
 * @throws PermanentError `scicat.odd-answer`, where a list is neither sorted nor ends
 */
export async function* inOrder<T extends Entry>(
  ask: Page<T>,
  what: string,
  size: number,
): AsyncGenerator<readonly T[]> {
  let after: string | undefined;
  for (let limit = size; ;) {
    let page: readonly T[];
    try {
      page = await ask(after, limit);
    } catch (error) {
      if (codeOf(error, '') !== 'scicat.too-large' || limit === 1 || limit > size) throw error;
      limit = Math.ceil(limit / 4);
      continue;
    }
    if (page.length === 0) return;
    const last: string | undefined = after;
    const below = last === undefined ? undefined : page.find(({ id }) => id <= last);
    if (below !== undefined) throw oddAnswer(what, `ids above ${last}`, below.id);
    if (isSorted(page)) {
      yield page;
      after = page.at(-1)?.id;
    } else if (page.length < limit) {
      yield sorted(page);
      return;
    } else {
      if (limit >= most) throw oddAnswer(what, `${page.length} entries sorted by id`, page[0]?.id);
      limit = Math.min(most, limit * 10);
    }
  }
}

function isSorted(page: readonly Entry[]): boolean {
  return page.every(({ id }, index) => index === 0 || id > (page[index - 1]?.id ?? ''));
}

function sorted<T extends Entry>(page: readonly T[]): readonly T[] {
  const byId = new Map(page.map((entry) => [entry.id, entry]));
  return [...byId.keys()].sort().flatMap((id) => byId.get(id) ?? []);
}
