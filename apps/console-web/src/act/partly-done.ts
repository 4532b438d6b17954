/** One of several that was not done, and why. */
export interface NotDone {
  readonly subject: string;
  readonly code: string;
  readonly message: string;
  /** The others were stopped before it. */
  readonly isUntried?: true;
}

/** Of several things some were done, or none: each of the others says why. The same dialog tries those again, and no other. */
export class PartlyDone extends Error {
  constructor(
    readonly done: number,
    readonly notDone: readonly NotDone[],
  ) {
    super(`${done} done, ${notDone.length} not done`);
  }
}
