/** Which process does what only one may do at a time. */
export abstract class Leases {
  /** Resolves when the database was reached for the first time. */
  abstract whenReady(): Promise<void>;
  /** @returns whether the lease is the holder's now; it must be renewed before `milliseconds` are over */
  abstract hold(name: string, holder: string, milliseconds: number): Promise<boolean>;
}
