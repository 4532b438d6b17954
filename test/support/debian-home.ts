import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseEntrance } from '../../tools/local-stack/src/process/entrance.js';
import { ensureRoot } from '../../tools/local-stack/src/root/make-root.js';
import { prepareHome } from '../../tools/local-stack/src/services/home.js';
import type { ServiceHome } from '../../tools/local-stack/src/services/service.js';
import { loadSettings } from '../../tools/local-stack/src/settings.js';

/** A data directory of its own in the Debian root of the local stack: for programs that no stack runs. */
export interface DebianHome extends ServiceHome {
  /** A free port: no service of a stack runs in this data directory. */
  readonly port: number;
  remove(): Promise<void>;
}

export async function debianHome(name: string): Promise<DebianHome> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const root = await ensureRoot(process.env, log, 'extras');
  const dataDirectory = await mkdtemp(join(tmpdir(), `catena-${name}-`));
  const settings = await loadSettings(dataDirectory);
  const home: DebianHome = {
    ...{ root, dataDirectory, settings, log },
    entrance: await chooseEntrance(root),
    port: settings.ports.mongodb,
    remove: () => rm(dataDirectory, { recursive: true, force: true }),
  };
  prepareHome(home);
  return home;
}
