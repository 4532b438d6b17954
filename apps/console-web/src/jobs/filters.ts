/** What the list of jobs is narrowed to: all of it stands in the address. */
export interface JobFilters {
  readonly status?: readonly string[];
  readonly unfinished?: boolean;
  readonly type?: string;
  readonly group?: string;
  readonly user?: string;
  readonly pid?: string;
  readonly text?: string;
  /** Days of the reader: YYYY-MM-DD. */
  readonly from?: string;
  readonly to?: string;
}

/** As the address has it: plain words, without quotes. */
export interface JobSearch {
  readonly status?: string;
  readonly unfinished?: string;
  readonly type?: string;
  readonly group?: string;
  readonly user?: string;
  readonly pid?: string;
  readonly text?: string;
  readonly from?: string;
  readonly to?: string;
}

const names = ['type', 'group', 'user', 'pid', 'text'] as const;
const days = ['from', 'to'] as const;
const longest = 1000;
const maxStatuses = 20;

export const failedStatuses = ['finishedUnsuccessful', 'finishedWithDatasetErrors'] as const;

/** What is no filter, or cannot be one, is left out: an address is typed by people. */
export function searchFrom(search: Readonly<Record<string, unknown>>): JobSearch {
  const found: Record<string, string> = {};
  const status = statusesIn(search['status']).join(',');
  if (status !== '') found['status'] = status;
  const unfinished = textIn(search['unfinished']);
  if (unfinished === 'true' || unfinished === 'false') found['unfinished'] = unfinished;
  for (const name of names) {
    const text = textIn(search[name]);
    if (text !== undefined) found[name] = text;
  }
  for (const name of days) {
    const day = textIn(search[name]);
    if (day !== undefined && dayIn(day) !== undefined) found[name] = day;
  }
  return found;
}

export function filtersIn({ status, unfinished, ...rest }: JobSearch): JobFilters {
  const statuses = statusesIn(status);
  return {
    ...rest,
    ...(statuses.length === 0 ? {} : { status: statuses }),
    ...(unfinished === undefined ? {} : { unfinished: unfinished === 'true' }),
  };
}

export function searchOf({ status = [], unfinished, ...rest }: JobFilters): JobSearch {
  return searchFrom({
    ...rest,
    status: status.join(','),
    ...(unfinished === undefined ? {} : { unfinished: String(unfinished) }),
  });
}

/** As `GET /console/api/jobs` takes it: days become the times of their beginning and their end. */
export function queryOf(
  filters: JobFilters,
): Readonly<Record<string, string | readonly string[] | undefined>> {
  const { status, unfinished, from, to, ...rest } = filters;
  const first = from === undefined ? undefined : dayIn(from);
  const last = to === undefined ? undefined : dayIn(to);
  return {
    ...rest,
    ...(status === undefined ? {} : { status }),
    ...(unfinished === undefined ? {} : { unfinished: String(unfinished) }),
    ...(first === undefined ? {} : { from: first.toISOString() }),
    ...(last === undefined
      ? {}
      : { to: new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1).toISOString() }),
  };
}

export function hasFilter(search: JobSearch): boolean {
  return Object.keys(search).length > 0;
}

/** The beginning of a day where the reader is; undefined for what is none. */
function dayIn(text: string): Date | undefined {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === '') return undefined;
  const date = new Date(Number(year), Number(month) - 1, Number(day));
  return date.getMonth() === Number(month) - 1 && date.getDate() === Number(day) ? date : undefined;
}

function statusesIn(value: unknown): string[] {
  const text = Array.isArray(value) ? value.map(String).join(',') : textIn(value);
  return [...new Set((text ?? '').split(',').map((one) => one.trim()))]
    .filter((one) => one !== '' && one.length <= 100)
    .slice(0, maxStatuses);
}

function textIn(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const text = String(value).trim();
  return text === '' || text.length > longest ? undefined : text;
}
