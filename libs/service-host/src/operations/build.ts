import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Which build runs: its version, and its commit where the image, or the folder, says one. */
export interface Build {
  readonly version: string;
  readonly commit?: string;
}

let known: Build | undefined;

/** Read once: a process runs what it was started with. */
export function buildOf(): Build {
  known ??= read();
  return known;
}

function read(): Build {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const version = versionIn(join(folder, 'package.json'));
    if (version !== undefined) return { version, ...commitIn(folder) };
    if (dirname(folder) === folder) return { version: 'unknown' };
    folder = dirname(folder);
  }
}

function versionIn(file: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** `.git` of a clone (its head, and the branch it names), or `.commit` of an image. */
function commitIn(folder: string): { commit?: string } {
  const text = (path: string): string | undefined => {
    try {
      return readFileSync(join(folder, path), 'utf8').trim();
    } catch {
      return undefined;
    }
  };
  const head = text('.commit') ?? text('.git/HEAD');
  const [, branch] = /^ref: (refs\/[\w./-]+)$/.exec(head ?? '') ?? [];
  const commit = branch === undefined ? head : text(`.git/${branch}`);
  return commit !== undefined && /^[0-9a-f]{7,40}$/.test(commit) ? { commit } : {};
}
