import { execFile } from 'node:child_process';
import type { Stats } from 'node:fs';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { TransientError } from '#kernel';
import type { FolderOwners } from './source-folder-rules.js';

export type { FolderOwners } from './source-folder-rules.js';

const run = promisify(execFile);
/** Milliseconds a directory service may take. */
const patience = 10_000;
/** Milliseconds a name is believed. */
const lifetime = 60_000;
const maxNames = 1000;

/** Looks up the names of numeric accounts. */
export interface AccountNames {
  /** @returns undefined when the number has no name */
  name(kind: 'passwd' | 'group', id: number): Promise<string | undefined>;
}

/** The accounts that own what was found. */
export async function ownersOf(found: Stats, accounts: AccountNames): Promise<FolderOwners> {
  const [user, group] = await Promise.all([
    accounts.name('passwd', found.uid),
    accounts.name('group', found.gid),
  ]);
  return { user, group };
}

/** The accounts of this machine, those of its directory service included (`getent`); names are kept for a minute. */
export function accountsOnDisk(): AccountNames {
  const known = new Map<string, { readonly name: string | undefined; readonly until: number }>();
  return {
    name: async (kind, id) => {
      const key = `${kind}/${id}`;
      const before = known.get(key);
      if (before !== undefined && before.until > performance.now()) return before.name;
      const name = await lookUp(kind, id);
      if (known.size >= maxNames) known.clear();
      known.set(key, { name, until: performance.now() + lifetime });
      return name;
    },
  };
}

async function lookUp(kind: 'passwd' | 'group', id: number): Promise<string | undefined> {
  try {
    const { stdout } = await run('getent', [kind, String(id)], { timeout: patience });
    return stdout.split(':')[0] || undefined;
  } catch (error) {
    const { code } = error as { code?: number | string };
    // 2: there is no such account.
    if (code === 2) return undefined;
    if (code === 'ENOENT' && kind === 'passwd' && id === userInfo().uid) return userInfo().username;
    throw new TransientError(
      'archiver.accounts-away',
      `Expected the name of ${kind} ${id} from getent, found no answer. Check the directory service of this machine.`,
      { cause: error },
    );
  }
}
