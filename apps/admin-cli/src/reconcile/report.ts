/** A run as an app answers it. */
export interface RunAnswer {
  readonly id: string;
  readonly state: 'running' | 'done' | 'broken';
  readonly minAge: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly checks: readonly {
    readonly name: string;
    readonly state: 'waiting' | 'running' | 'done' | 'failed';
    readonly lookedAt: number;
    readonly findings: number;
    readonly repaired: number;
    readonly changed: number;
    readonly failed: number;
    readonly watched: number;
    readonly skipped: readonly string[];
    readonly notes: readonly string[];
    readonly fault?: string;
  }[];
  /** The first findings of each kind; absent in the answer to the start. */
  readonly list?: readonly {
    readonly kind: string;
    readonly subject: string;
    readonly where: string;
    readonly expected: string;
    readonly found: string;
    readonly remedy: string;
    readonly canRepair: boolean;
    readonly outcome: 'found' | 'repaired' | 'changed' | 'failed';
    readonly fault?: string;
  }[];
}

/** What became of one app. */
export type AppReport =
  | { readonly app: string; readonly run: RunAnswer }
  | { readonly app: string; readonly fault: string }
  | { readonly app: string; readonly none: true };

/** Findings of one app that are printed; the document has more of them. */
const maxPrinted = 200;

/** Findings that are not repaired, and what could not be looked at. */
export function leftOf(report: AppReport): number {
  if ('none' in report) return 0;
  if ('fault' in report) return 1;
  const { state, checks } = report.run;
  return checks.reduce(
    (sum, { findings, repaired, skipped, state: how }) =>
      sum + findings - repaired + skipped.length + (how === 'failed' ? 1 : 0),
    state === 'done' ? 0 : 1,
  );
}

export function linesOf(report: AppReport): string[] {
  const { app } = report;
  if ('none' in report) return [`${app}: has nothing to reconcile`];
  if ('fault' in report) return [`${app}: ${report.fault}`];
  const { state, checks, list = [] } = report.run;
  const all = checks.reduce((sum, { findings }) => sum + findings, 0);
  return [
    ...(state === 'broken' ? [`${app}: the run broke off: start it again`] : []),
    ...checks.flatMap((check) => checkLines(app, check)),
    ...list.slice(0, maxPrinted).map((finding) => findingLine(app, finding)),
    ...(all > maxPrinted
      ? [`${app}: ${all - maxPrinted} more findings (--json, GET operations/reconciliations)`]
      : []),
  ];
}

function checkLines(app: string, check: RunAnswer['checks'][number]): string[] {
  const { name, lookedAt, findings, repaired, watched, skipped, notes, fault } = check;
  const counts = [
    `${lookedAt} looked at`,
    `${findings} found`,
    ...(repaired > 0 ? [`${repaired} repaired`] : []),
    ...(watched > 0 ? [`${watched} to be judged by a later run`] : []),
  ];
  return [
    `${app}: ${name}: ${counts.join(', ')}`,
    ...(fault === undefined ? [] : [`${app}: ${name}: could not look to the end: ${fault}`]),
    ...skipped.map((what) => `${app}: ${name}: not looked at: ${what}`),
    ...notes.map((what) => `${app}: ${name}: ${what}`),
  ];
}

const outcomes = {
  found: 'left',
  repaired: 'repaired',
  changed: 'changed meanwhile, left',
  failed: 'not repaired',
};

function findingLine(app: string, finding: NonNullable<RunAnswer['list']>[number]): string {
  const { kind, subject, where, expected, found, outcome, fault } = finding;
  const would = outcome === 'found' && finding.canRepair ? 'with --apply: ' : '';
  const why = fault === undefined ? '' : `: ${fault}`;
  return `${app}: ${kind} ${subject} (${where}): expected ${expected}; found ${found}; ${would}${finding.remedy} [${outcomes[outcome]}${why}]`;
}
