import type { BitSet } from './bit-set.js';

/** In a condition: the records that a search has found stand in place of it. No client can name it: it is no value of JSON. */
export const foundRecords = '$found';

/** Records that a search for words has found. */
export class FoundRecords {
  /** @param revisions others for each change of what is found */
  constructor(
    readonly slots: BitSet,
    private readonly search: string,
    private readonly revisions: readonly number[],
  ) {}

  /** Tells it from every other one: answers are kept by it. */
  toString(): string {
    return `${this.revisions.join()} ${this.search}`;
  }
}
