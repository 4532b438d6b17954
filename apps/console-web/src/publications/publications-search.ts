export const publicationViews = ['all', 'blocked', 'moving'] as const;
export type PublicationView = (typeof publicationViews)[number];

export const recallStates = ['requested', 'recalling', 'mailing', 'ready', 'failed'] as const;

/** What the page of publications shows, as its address says. */
export interface PublicationsSearch {
  /** `all` is shown first, and not said. */
  readonly view?: PublicationView;
  /** Why they are blocked, or why the last try failed. */
  readonly code?: string;
  readonly recalls?: (typeof recallStates)[number];
  /** Of the recalls. */
  readonly doi?: string;
}

const longest = 500;

export function publicationsSearchFrom(search: Readonly<Record<string, unknown>>): PublicationsSearch {
  const view = publicationViews.find((one) => one === search['view']);
  const recalls = recallStates.find((one) => one === search['recalls']);
  const [code, doi] = [textIn(search['code']), textIn(search['doi'])];
  return {
    ...(view === undefined || view === 'all' ? {} : { view }),
    ...(code === undefined ? {} : { code }),
    ...(recalls === undefined ? {} : { recalls }),
    ...(doi === undefined ? {} : { doi }),
  };
}

/** As `GET operations/publications` takes it. */
export function unrestFilter({ view, code }: PublicationsSearch): Readonly<Record<string, string>> {
  return {
    ...(view === undefined || view === 'all' ? {} : { blocked: String(view === 'blocked') }),
    ...(code === undefined ? {} : { code }),
  };
}

/** As `GET operations/recalls` takes it. */
export function recallsFilter({ recalls, doi }: PublicationsSearch): Readonly<Record<string, string>> {
  return {
    ...(recalls === undefined ? {} : { state: recalls }),
    ...(doi === undefined ? {} : { doi }),
  };
}

function textIn(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' || text.length > longest ? undefined : text;
}
