import { join, resolve } from 'node:path';

/** Everything a started Catena keeps, below one folder. */
export interface Places {
  readonly directory: string;
  readonly stack: string;
  readonly secrets: string;
  readonly accounts: string;
  readonly tapes: string;
  readonly source: string;
  /** Rules of source folders. */
  readonly sourceFolders: string;
  /** For `catena ops` and `catena-admin`: addresses and operations tokens of the apps (OPERATIONS_APPS_FILE). */
  readonly operationsApps: string;
  readonly logs: string;
  /** What the demonstration's DataCite knows. */
  readonly datacite: string;
  readonly demo: {
    /** Home of the command line while it demonstrates: the user's own session is not touched. */
    readonly home: string;
    readonly data: string;
    readonly restored: string;
    /** Present when the demonstration has been given. */
    readonly done: string;
  };
}

export function placesBelow(project: string, given: string | undefined): Places {
  const directory = resolve(given ?? join(project, '.catena'));
  const at = (...parts: string[]): string => join(directory, ...parts);
  return {
    directory,
    stack: at('stack'),
    secrets: at('secrets.json'),
    accounts: at('accounts.json'),
    tapes: at('tape'),
    source: at('source'),
    sourceFolders: at('source-folders.yaml'),
    operationsApps: at('operations-apps.json'),
    logs: at('logs'),
    datacite: at('datacite.json'),
    demo: {
      home: at('demo-home'),
      data: at('demo-data'),
      restored: at('demo-restored'),
      done: at('demo-done'),
    },
  };
}
