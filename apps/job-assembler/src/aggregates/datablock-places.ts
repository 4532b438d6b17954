import type { OutsideCopy, ReadBack } from './records.js';

/** Where the copies of datablocks lie, as the archiver said when it had verified them. Datablocks from before ROUTES_FILE have no record. */
export abstract class DatablockPlaces {
  /**
   * Once more is the same; what was said last counts, but nothing that is older than what is known.
   *
   * @param placement the archiver's count of how often a copy came or went; 0 of an archival
   */
  abstract keep(
    archiveId: string,
    pid: string,
    targets: readonly string[],
    placement?: number,
  ): Promise<void>;
  /** Names of targets, best one first; none where that is not known, or it is another dataset's. */
  abstract of(archiveId: string, pid: string): Promise<readonly string[]>;
  /** The archiver has no copy any more. What others store stays known until they say that it is removed. */
  abstract remove(archiveId: string): Promise<void>;
  /** A worker has stored a copy, or read it: it is what was archived, unless the copy says that it is damaged. */
  abstract keepOutside(archiveId: string, pid: string, target: string, copy: OutsideCopy): Promise<void>;
  /** The same where nothing is known of that target. */
  abstract addOutside(archiveId: string, pid: string, target: string, copy: OutsideCopy): Promise<void>;
  /** The worker has no copy any more. */
  abstract removeOutside(archiveId: string, target: string): Promise<void>;
  /** Copies that others store, by target; none of another dataset's datablock. */
  abstract outside(archiveId: string, pid: string): Promise<Readonly<Record<string, OutsideCopy>>>;
  /**
   * A copy that others store is missing, or other than what was archived.
   *
   * @param found what was read there instead, where that is known
   */
  abstract damagedOutside(archiveId: string, target: string, at: Date, found?: ReadBack): Promise<void>;
  /** All targets that a copy lies on. */
  abstract targets(): Promise<readonly string[]>;
}
