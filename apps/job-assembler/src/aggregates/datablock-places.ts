/** Where the copies of datablocks lie, as the archiver said when it had verified them. Datablocks from before ROUTES_FILE have no record. */
export abstract class DatablockPlaces {
  /** Once more is the same; what was said last counts. */
  abstract keep(archiveId: string, pid: string, targets: readonly string[]): Promise<void>;
  /** Names of targets, best one first; none where that is not known, or it is another dataset's. */
  abstract of(archiveId: string, pid: string): Promise<readonly string[]>;
  abstract remove(archiveId: string): Promise<void>;
  /** All targets that a copy lies on. */
  abstract targets(): Promise<readonly string[]>;
}
