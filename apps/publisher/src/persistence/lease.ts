/** A worker's lease of one publication. */
export interface Lease {
  readonly doi: string;
  /** Fencing token. */
  readonly epoch: number;
  /** Fires when the lease is lost. */
  readonly signal: AbortSignal;
}

/** Of content that no worker with a newer token has frozen. */
export function notNewer({ doi, epoch }: Lease) {
  return { _id: doi, $or: [{ epoch: { $exists: false } }, { epoch: { $lte: epoch } }] };
}

/** Another worker has the newer token: whatever this one still wants to write is refused. */
export class LeaseLost extends Error {
  constructor(doi: string) {
    super(`Another worker has taken over ${doi}.`);
  }
}
