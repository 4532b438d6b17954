export const groupings = ['code', 'type', 'day'] as const;
export type Grouping = (typeof groupings)[number];

export const parkedStates = ['parked', 'replayed', 'discarded', 'edited'] as const;

/** What the page of messages shows, as its address says. */
export interface MessagesSearch {
  readonly by?: Grouping;
  readonly state?: (typeof parkedStates)[number];
  /** Of one app: its rows. */
  readonly app?: string;
  /** Which group of them. */
  readonly key?: string;
  readonly jobId?: string;
}

const longest = 1000;

export function messagesSearchFrom(search: Readonly<Record<string, unknown>>): MessagesSearch {
  const by = groupings.find((one) => one === search['by']);
  const state = parkedStates.find((one) => one === search['state']);
  return {
    ...(by === undefined || by === 'code' ? {} : { by }),
    ...(state === undefined || state === 'parked' ? {} : { state }),
    ...textsIn(search, ['app', 'key', 'jobId']),
  };
}

/** As `GET operations/parking-lot` takes the messages of a group. */
export function filterOf({
  by = 'code',
  state,
  key,
  jobId,
}: MessagesSearch): Readonly<Record<string, string>> {
  return {
    ...(state === undefined ? {} : { state }),
    ...(jobId === undefined ? {} : { jobId }),
    ...(key === undefined ? {} : keyFilter(by, key)),
  };
}

function keyFilter(by: Grouping, key: string): Readonly<Record<string, string>> {
  if (by !== 'day') return { [by]: key };
  const from = new Date(`${key.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(from.getTime())) return {};
  return { from: from.toISOString(), to: new Date(from.getTime() + 86_400_000).toISOString() };
}

function textsIn<Name extends string>(
  search: Readonly<Record<string, unknown>>,
  names: readonly Name[],
): { readonly [N in Name]?: string } {
  const found: { [N in Name]?: string } = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === 'string' && value !== '' && value.length <= longest) found[name] = value;
  }
  return found;
}
