export const copyStates = ['verified', 'damaged', 'missing', 'repairing'] as const;
type CopyState = (typeof copyStates)[number];

/** Which copies the page of storage lists, as its address says. */
export interface StorageSearch {
  readonly share?: string;
  readonly state?: CopyState;
  /** A day of the reader: YYYY-MM-DD. Copies that were not proven since. */
  readonly before?: string;
}

const longest = 1000;

/** What is no filter, or cannot be one, is left out: an address is typed by people. */
export function storageSearchFrom(search: Readonly<Record<string, unknown>>): StorageSearch {
  const { share, before } = search;
  const state = copyStates.find((one) => one === search['state']);
  const isShare = typeof share === 'string' && share !== '' && share.length <= longest;
  return {
    ...(isShare ? { share } : {}),
    ...(state === undefined ? {} : { state }),
    ...(typeof before === 'string' && startOf(before) !== undefined ? { before } : {}),
  };
}

/** As `GET operations/copies` takes it. */
export function copiesFilterOf({ share, state, before }: StorageSearch): Readonly<Record<string, string>> {
  const time = before === undefined ? undefined : startOf(before);
  return {
    ...(share === undefined ? {} : { share }),
    ...(state === undefined ? {} : { state }),
    ...(time === undefined ? {} : { verifiedBefore: time.toISOString() }),
  };
}

/** The first moment of a day where the reader is. */
function startOf(day: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const time = new Date(`${day}T00:00:00`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
