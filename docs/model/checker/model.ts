/** A part of a state: whole numbers from -1 to 254, in records and lists whose shape is the same in all states of a model. */
export type Part = number | readonly Part[] | { readonly [field: string]: Part };

/** The variables that an action is about, for example a job and a worker. */
export type Case = readonly number[];

/** One step that some process may take, at once and alone: what other processes may see in between is two actions. */
export interface Action<State> {
  readonly name: string;
  /** What it stands for: `path/of/file.ts#Class.method`, or of a function of a file `path/of/file.ts#name`. None: it happens to us. */
  readonly of: readonly string[];
  /** It need not happen (a death, a loss, a sleep): no good end may depend on it. */
  readonly isFault?: boolean;
  /** Default: one, without variables. */
  readonly cases?: readonly Case[];
  /** Whether it may be taken. */
  when(state: State, ...which: number[]): boolean;
  /** Changes the state, which is a copy of its own. */
  then(state: State, ...which: number[]): void;
}

/** A protocol, as states and the steps between them. */
export interface Model<State extends object> {
  readonly name: string;
  readonly initial: State;
  readonly actions: readonly Action<State>[];
  /** What holds in every state. */
  readonly always: Readonly<Record<string, (state: State) => boolean>>;
  /** What holds of every step. */
  readonly steps?: Readonly<Record<string, (before: State, after: State) => boolean>>;
  /** What stays within reach from every state, by steps that are no faults. */
  readonly inReach: Readonly<Record<string, (state: State) => boolean>>;
  /**
   * States that differ in names only, for example those of two workers: the answer is one of them, and need not be always the same.
   * Traces then may call a worker by the name of the other one from some step on.
   */
  readonly renamed?: (state: State) => State;
}

/** One action with its variables. */
export interface Move<State> {
  readonly action: Action<State>;
  readonly which: Case;
}

/** All pairs of two lists of cases, joined. */
export function pairs(ones: readonly Case[], others: readonly Case[]): Case[] {
  return ones.flatMap((one) => others.map((other) => [...one, ...other]));
}

/** The numbers below a limit, each a case. */
export function each(count: number): Case[] {
  return Array.from({ length: count }, (_, index) => [index]);
}

/** Which of two parts comes first. */
export function inOrder(one: Part, other: Part): number {
  if (typeof one === 'number') return one - (other as number);
  for (const field in one) {
    const order = inOrder((one as Record<string, Part>)[field]!, (other as Record<string, Part>)[field]!);
    if (order !== 0) return order;
  }
  return 0;
}
