import { CatenaError } from '#kernel';
import type { Fields } from './answers.js';

/** What is asked of a SciCat with a condition about ids. */
type Ask<T> = (above: Fields) => Promise<readonly T[]>;

/**
 * Asks for what has an id above another. SciCat reads numbers and times into texts, but not into those inside a list: hence `$expr`. A
 * server that refuses it is asked in the usual way, from the first such answer on.
 */
export class ListAbove {
  private refusesExpr = false;

  /**
   * @param after undefined: from the beginning
   * @param ask gets a condition of MongoDB, without anything in it where there is none
   * @throws what the asking throws
   */
  async ask<T>(after: string | undefined, ask: Ask<T>): Promise<readonly T[]> {
    if (after === undefined) return ask({});
    if (!this.refusesExpr)
      try {
        return await ask({ $expr: { $gt: ['$_id', after] } });
      } catch (error) {
        if (!(error instanceof CatenaError) || error.details['status'] !== 400) throw error;
      }
    const found = await ask({ $and: [{ _id: { $gt: after } }] });
    this.refusesExpr = true;
    return found;
  }
}
