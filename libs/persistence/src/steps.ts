/** Which states may follow which: a table of an app's domain. */
type Steps<State extends string> = Readonly<Record<State, readonly State[]>>;

/** The two halves of a write that takes a step: what its filter asks for, and what it sets. */
export interface Step<State extends string> {
  readonly from: { readonly state: State | { readonly $in: State[] } };
  readonly to: { readonly state: State };
}

/**
 * @throws Error when the table does not know the step: adapters take their steps from here as they are loaded, so that a
 * forbidden one stops the start
 */
export function stepOf<State extends string>(
  steps: Steps<State>,
  from: State | readonly State[],
  to: State,
): Step<State> {
  const all = typeof from === 'string' ? [from] : [...from];
  for (const one of all)
    if (!steps[one].includes(to))
      throw new Error(`Expected ${steps[one].join(', ') || 'nothing'} after "${one}", found "${to}".`);
  return { from: { state: all.length === 1 ? all[0]! : { $in: all } }, to: { state: to } };
}

/**
 * The same for records that say their state in several fields.
 *
 * @param words what a record says in each of its states
 * @returns what a write asks for that goes from one state to another
 */
export function conditionsOf<State extends string, Condition extends object>(
  steps: Steps<State>,
  words: Readonly<Record<State, Condition>>,
): (from: State, to: State) => Condition {
  return (from, to) => {
    stepOf(steps, from, to);
    return words[from];
  };
}
