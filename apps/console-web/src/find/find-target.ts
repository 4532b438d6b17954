/** What a text that people look for can be; everything that fits is looked for. */
export interface Wanted {
  /** The id of a job or a message. */
  readonly id?: string;
  readonly pid?: string;
  readonly doi?: string;
  /** A message as `app/id` names it. */
  readonly message?: { readonly app: string; readonly id: string };
}

/** @param apps names of apps */
export function wantedIn(text: string, apps: readonly string[]): Wanted {
  const what = text.trim();
  const doi = /^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:)?(10\.\d{4,9}\/\S+)$/i.exec(what)?.[1];
  const [, app = '', id = ''] = /^([a-z-]+)\/([^/\s]+)$/.exec(what) ?? [];
  const isMessage = apps.includes(app);
  return {
    ...(/^[\w.-]{1,200}$/.test(what) ? { id: what } : {}),
    ...(doi === undefined ? {} : { doi }),
    ...(what.includes('/') && !isMessage && doi === undefined ? { pid: what } : {}),
    // Pids of datasets may look like DOIs.
    ...(doi === undefined ? {} : { pid: doi }),
    ...(isMessage ? { message: { app, id } } : {}),
  };
}
