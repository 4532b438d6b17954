/** Which states may follow which. */
type Steps<State extends string> = Readonly<Record<State, readonly State[]>>;

export type EndState = 'done' | 'failed' | 'cancelled';
export type WorkState = 'open' | EndState;
export type DatablockState = 'verified' | 'discarded';
export type AdoptionState = 'running' | 'done' | 'stopped';
export type AsideState = 'kept' | 'removing' | 'returning';
export type RetrievedState = 'recalling' | 'present';

/** Work runs under a lease while it is open; an end is for good. */
export const workSteps: Steps<WorkState> = {
  open: ['done', 'failed', 'cancelled'],
  done: [],
  failed: [],
  cancelled: [],
};

export const endStates: readonly EndState[] = ['done', 'failed', 'cancelled'];

/** A datablock is recorded once it is verified, by each try anew; only an operator, or the catalogue, brings one back. */
export const datablockSteps: Steps<DatablockState> = {
  verified: ['verified', 'discarded'],
  discarded: ['discarded', 'verified'],
};

/**
 * The sweep also takes over from a sweep, or an operator's call, that died; an operator never takes from the sweep. A work order
 * that is repeated keeps its file anew.
 */
export const asideSteps: Steps<AsideState> = {
  kept: ['kept', 'removing', 'returning'],
  removing: ['removing', 'kept'],
  returning: ['kept', 'removing', 'returning'],
};

/** A recall that died, or a copy whose time is over, is taken over. */
export const retrievedSteps: Steps<RetrievedState> = {
  recalling: ['recalling', 'present'],
  present: ['recalling'],
};

/** A run ends by itself, or an operator stops it. */
export const adoptionSteps: Steps<AdoptionState> = {
  running: ['done', 'stopped'],
  done: [],
  stopped: [],
};
