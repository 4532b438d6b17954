/** What may become of a work order: the legal pairs of states. An end is for good. */
export const workStates = {
  open: ['open', 'done', 'failed', 'cancelled'],
  done: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type WorkState = keyof typeof workStates;
export type EndState = Exclude<WorkState, 'open'>;

/** States that an order may come from into this one. */
export function statesBefore(state: WorkState): WorkState[] {
  return (Object.keys(workStates) as WorkState[]).filter((from) =>
    (workStates[from] as readonly WorkState[]).includes(state),
  );
}

export const endStates: readonly EndState[] = ['done', 'failed', 'cancelled'];
