import type { Case, Move } from './model.js';
import type { NumberList } from './number-list.js';

/** One step on the way to a state. */
export interface TraceStep {
  readonly action: string;
  readonly which: Case;
  readonly of: readonly string[];
}

/** What does not hold, with the shortest way there. */
export interface Violation {
  readonly kind: 'always' | 'step' | 'in-reach';
  readonly name: string;
  readonly trace: readonly TraceStep[];
}

/** How each state was found first. */
interface Ways<State> {
  readonly moves: readonly Move<State>[];
  readonly parents: NumberList;
  readonly found: NumberList;
}

/** The shortest way from the first state: states were found nearest first. */
export function traceTo<State>({ moves, parents, found }: Ways<State>, state: number): TraceStep[] {
  const steps: TraceStep[] = [];
  for (let at = state; parents.at(at) >= 0; at = parents.at(at)) {
    const { action, which } = moves[found.at(at)]!;
    steps.unshift({ action: action.name, which, of: action.of });
  }
  return steps;
}

/** For people: one line a step, with the functions that it stands for. */
export function told({ kind, name, trace }: Violation): string {
  const what = { always: 'does not hold', step: 'is broken by the last step', 'in-reach': 'is out of reach' };
  const lines = trace.map(({ action, which, of }, index) => {
    const functions = of.length === 0 ? '' : `  [${of.map((one) => one.split('#')[1]).join(', ')}]`;
    return `${String(index + 1).padStart(3)}. ${action}${which.length === 0 ? '' : ` (${which.join(', ')})`}${functions}`;
  });
  return [`"${name}" ${what[kind]} after ${trace.length} steps:`, ...lines].join('\n');
}
