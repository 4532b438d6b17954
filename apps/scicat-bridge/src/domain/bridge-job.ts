/**
 * - `seen`: one of the ways in named its id; SciCat has to be asked.
 * - `accepted`: it is on its way to job-assembler, or works there.
 * - `refused`: Catena does not do it; SciCat has to be told.
 * - `over`: SciCat was told of the end.
 * - `left`: none of ours, and nothing of it was touched.
 */
export type BridgeJobState = 'seen' | 'accepted' | 'refused' | 'over' | 'left';

/** Which states may follow which; what was left may come again. */
export const bridgeJobSteps: Readonly<Record<BridgeJobState, readonly BridgeJobState[]>> = {
  seen: ['accepted', 'refused', 'left'],
  accepted: ['over'],
  refused: ['over'],
  over: [],
  left: ['seen'],
};

export type WayIn = 'feed' | 'door' | 'poll' | 'upload';

/** Why a job, or an errand of it, is where it is: for people. */
export interface Why {
  /** Of docs/errors.md. */
  readonly code: string;
  readonly message: string;
  readonly since: Date;
}

/** A field that the bridge did not write, because it said something else than the bridge had left there. */
export interface LeftAlone {
  /** The dataset; absent: the job itself. */
  readonly pid?: string;
  readonly field: string;
  /** What the bridge had found or written last. */
  readonly expected: string;
  readonly found: string;
  /** What it would have written. */
  readonly wanted: string;
  readonly at: Date;
}
