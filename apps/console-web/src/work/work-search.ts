/** Which work: as job-assembler has its orders. `released`, which is shown first, is under way. */
export const workViews = ['released', 'planned', 'failed', 'done', 'cancelled'] as const;
export type WorkView = (typeof workViews)[number];

/** What the page of work shows, as its address says. */
export interface WorkSearch {
  readonly state?: WorkView;
  /** A target, or the share that it is. */
  readonly target?: string;
  readonly group?: string;
  readonly jobId?: string;
}

export const workFilters = ['target', 'group', 'jobId'] as const;
const longest = 500;

export function workSearchFrom(search: Readonly<Record<string, unknown>>): WorkSearch {
  const state = workViews.find((one) => one === search['state']);
  const found: { -readonly [Name in keyof WorkSearch]: WorkSearch[Name] } = {};
  if (state !== undefined && state !== 'released') found.state = state;
  for (const name of workFilters) {
    const value = search[name];
    const text = typeof value === 'string' ? value.trim() : '';
    if (text !== '' && text.length <= longest) found[name] = text;
  }
  return found;
}

/** As `GET operations/work-orders` takes it. */
export function ordersFilter({
  state = 'released',
  ...others
}: WorkSearch): Readonly<Record<string, string>> {
  return { state, ...others };
}

/** As `GET operations/works` takes it, which knows no groups; undefined where archivers have none of it. */
export function worksFilter({
  state = 'released',
  target,
  jobId,
}: WorkSearch): Readonly<Record<string, string>> | undefined {
  if (state === 'planned') return undefined;
  return {
    state: state === 'released' ? 'open' : state,
    ...(target === undefined ? {} : { share: target }),
    ...(jobId === undefined ? {} : { jobId }),
  };
}
