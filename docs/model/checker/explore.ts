import type { Model, Move } from './model.js';
import { NumberList } from './number-list.js';
import { codecFor, type StateCodec } from './state-codec.js';
import { traceTo, type TraceStep, type Violation } from './trace.js';

export interface Exploration {
  readonly states: number;
  readonly steps: number;
  /** Steps to the state that is farthest from the first one. */
  readonly depth: number;
  /** Actions that were never taken: a model that has some says less than it seems to. */
  readonly unused: readonly string[];
  readonly violation?: Violation;
}

/** More would be no test any more: a model that has more is too large, or has no end. */
const maxStates = 12_000_000;

/** All states that a model can reach, the nearest first. */
class StateGraph<State extends object> {
  readonly moves: readonly Move<State>[];
  readonly parents = new NumberList();
  /** By which move each state was found first. */
  readonly found = new NumberList();
  readonly texts: string[] = [];
  private readonly known = new Map<string, number>();
  private readonly depths = new NumberList();
  /** Steps that are no faults: from, to. */
  private readonly from = new NumberList();
  private readonly to = new NumberList();
  private readonly codec: StateCodec<State>;
  private readonly used = new Set<string>();
  private steps = 0;

  constructor(private readonly model: Model<State>) {
    this.codec = codecFor(model.initial);
    this.moves = model.actions.flatMap((action) =>
      (action.cases ?? [[]]).map((which) => ({ action, which })),
    );
  }

  explore(): Exploration {
    const { model } = this;
    const always = Object.entries(model.always);
    const steps = Object.entries(model.steps ?? {});
    this.reach(model.initial, -1, -1);
    for (let at = 0; at < this.texts.length; at += 1) {
      const state = this.codec.decode(this.texts[at]!);
      for (const [name, holds] of always)
        if (!holds(state)) return this.result({ kind: 'always', name, trace: this.traceTo(at) });
      for (let move = 0; move < this.moves.length; move += 1) {
        const { action, which } = this.moves[move]!;
        if (!action.when(state, ...which)) continue;
        const after = this.codec.decode(this.texts[at]!);
        action.then(after, ...which);
        this.used.add(action.name);
        this.steps += 1;
        for (const [name, holds] of steps)
          if (!holds(state, after)) {
            const trace = [...this.traceTo(at), { action: action.name, which, of: action.of }];
            return this.result({ kind: 'step', name, trace });
          }
        const next = this.reach(after, at, move);
        if (action.isFault !== true && next !== at) {
          this.from.push(at);
          this.to.push(next);
        }
      }
    }
    return this.result(this.firstOutOfReach());
  }

  /** @returns the number of the state */
  private reach(state: State, parent: number, move: number): number {
    const text = this.codec.encode(this.model.renamed?.(state) ?? state);
    const seen = this.known.get(text);
    if (seen !== undefined) return seen;
    const number = this.texts.length;
    if (number >= maxStates)
      throw new Error(`Expected at most ${maxStates} states of "${this.model.name}", found more.`);
    this.known.set(text, number);
    this.texts.push(text);
    this.parents.push(parent);
    this.found.push(move);
    this.depths.push(parent < 0 ? 0 : this.depths.at(parent) + 1);
    return number;
  }

  /** Backwards from the good states: what is not found so has no way to them any more. */
  private firstOutOfReach(): Violation | undefined {
    const count = this.texts.length;
    const begins = new Int32Array(count + 1);
    for (let step = 0; step < this.to.length; step += 1) begins[this.to.at(step) + 1]! += 1;
    for (let state = 0; state < count; state += 1) begins[state + 1]! += begins[state]!;
    const sources = new Int32Array(this.from.length);
    const next = begins.slice();
    for (let step = 0; step < this.to.length; step += 1)
      sources[next[this.to.at(step)]!++] = this.from.at(step);
    for (const [name, isGood] of Object.entries(this.model.inReach)) {
      const reaches = new Uint8Array(count);
      const queue = new NumberList();
      for (let state = 0; state < count; state += 1)
        if (isGood(this.codec.decode(this.texts[state]!))) {
          reaches[state] = 1;
          queue.push(state);
        }
      for (let at = 0; at < queue.length; at += 1) {
        const state = queue.at(at);
        for (let index = begins[state]!; index < begins[state + 1]!; index += 1) {
          const source = sources[index]!;
          if (reaches[source] === 1) continue;
          reaches[source] = 1;
          queue.push(source);
        }
      }
      const lost = reaches.indexOf(0);
      if (lost >= 0) return { kind: 'in-reach', name, trace: this.traceTo(lost) };
    }
    return undefined;
  }

  private traceTo(state: number): TraceStep[] {
    return traceTo(this, state);
  }

  private result(violation: Violation | undefined): Exploration {
    const last = this.depths.length - 1;
    return {
      states: this.texts.length,
      steps: this.steps,
      depth: this.depths.at(last),
      unused: this.model.actions.map(({ name }) => name).filter((name) => !this.used.has(name)),
      ...(violation === undefined ? {} : { violation }),
    };
  }
}

/** Looks at every state that the model can reach, up to the first one where something does not hold. */
export function explore<State extends object>(model: Model<State>): Exploration {
  return new StateGraph(model).explore();
}
