/** The states of DataCite, and the events that lead from one to another; any other event is ignored without a word. */
export type FakeState = 'draft' | 'registered' | 'findable';

const transitions: Readonly<Record<string, Readonly<Partial<Record<FakeState, FakeState>>>>> = {
  register: { draft: 'registered' },
  publish: { draft: 'findable', registered: 'findable' },
  hide: { findable: 'registered' },
  show: { registered: 'findable' },
};

export function stateAfter(state: FakeState, event: unknown): FakeState {
  return (typeof event === 'string' ? transitions[event]?.[state] : undefined) ?? state;
}
