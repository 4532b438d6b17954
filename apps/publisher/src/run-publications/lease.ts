/** A worker's hold on one publication. */
export interface Lease {
  readonly doi: string;
  /** Fencing token. */
  readonly epoch: number;
  readonly lost: AbortController;
}

/** Of content that no worker with a newer token has frozen. */
export function notNewer({ doi, epoch }: Lease) {
  return { _id: doi, $or: [{ epoch: { $exists: false } }, { epoch: { $lte: epoch } }] };
}

/** Somebody else has the newer token: whatever this worker still wants to write is refused. */
export class LeaseLost extends Error {
  constructor(doi: string) {
    super(`Another worker has taken over ${doi}.`);
  }
}
