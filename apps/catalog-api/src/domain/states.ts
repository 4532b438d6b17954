import type { Workflow } from '#contracts';

/** Which states may follow which. */
type Steps<State extends string> = Readonly<Record<State, readonly State[]>>;

export type JobState = 'storing' | 'open' | 'over';
export type ClaimState = 'open' | 'ended';

/**
 * A job is accepted once its datasets are claimed, and over by the last report of what runs it. What other archive systems say
 * of a job of theirs is its status, not its state.
 */
export const jobSteps: Steps<JobState> = {
  storing: ['open'],
  open: ['open', 'over'],
  over: ['over'],
};

/** Whether Catena works on the job, now or later. Of one that SciCat has stored it keeps a history and nothing else. */
export function isCatenas({
  catena,
}: {
  readonly catena?: { readonly workflow?: Workflow; readonly finished?: boolean };
}): boolean {
  return catena?.workflow !== undefined && catena.workflow !== 'none' && catena.finished !== true;
}

/** Words that today's systems end a job with. */
export const endWords = /^(finished|completed|jobCancel)/;

/** A claim ends with the dataset's part of the job; until then it is decided, once, what becomes of the datablocks. */
export const claimSteps: Steps<ClaimState> = {
  open: ['open', 'ended'],
  ended: [],
};
