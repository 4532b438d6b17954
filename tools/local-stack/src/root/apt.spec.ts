import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Apt } from './apt.js';
import type { ChosenPackage } from './packages.js';
import { RECIPES } from './recipe.js';

const PATH = process.env['PATH'] ?? '';
const RECIPE = { ...RECIPES.services, packages: ['one', 'two'], leftOut: [] };
const KEPT: readonly ChosenPackage[] = [
  { name: 'one', version: '1', file: 'one_1_all.deb', bytes: 4 },
  { name: 'two', version: '1', file: 'two_1_all.deb', bytes: 4 },
];

/** A mirror that has versions 2, and what a download of versions 1 says. */
const aptGet = (says: string, update = ''): string => `#!/bin/sh
shift 2; echo "$*" >> "$0.log"
case "$*" in
  *update*) ${update === '' ? ':' : `echo '${update}'`};;
  *print-uris*) test -z '${update}' || { echo 'E: Unable to locate package one'; exit 100; }
    for name in one two; do echo "'http://mirror/$name' \${name}_2_all.deb 4 SHA256:0"; done;;
  *=1*) echo '${says}'; exit 100;;
  *) for name in one two; do echo deb > "\${name}_2_all.deb"; done;;
esac
`;
const APT_CACHE = `#!/bin/sh
for name in one two; do echo "Package: $name"; echo; done
`;

let folder: string;
let choice: string;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catena-apt-'));
  choice = join(folder, 'packages.json');
  lines = [];
  process.env['PATH'] = [join(folder, 'bin'), PATH].join(delimiter);
});
afterEach(async () => {
  process.env['PATH'] = PATH;
  await rm(folder, { recursive: true, force: true });
});

async function program(name: string, text: string): Promise<void> {
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'bin', name), text);
  await chmod(join(folder, 'bin', name), 0o755);
}

/** Fetches with these programs in the place of apt's. */
async function fetched(script: string): Promise<readonly ChosenPackage[]> {
  await program('apt-get', script);
  await program('apt-cache', APT_CACHE);
  const source = { mirror: 'http://mirror', keyring: '/keys', architecture: 'amd64' };
  return new Apt(join(folder, 'apt'), source, (line) => lines.push(line)).fetch(RECIPE, choice);
}

/** An earlier attempt chose, fetched one archive of two, and was interrupted. */
async function interrupted(): Promise<void> {
  await mkdir(join(folder, 'apt/archives'), { recursive: true });
  await writeFile(join(folder, 'apt/archives/one_1_all.deb'), 'deb\n');
  await writeFile(choice, JSON.stringify(KEPT));
}

describe('fetching that was interrupted', () => {
  it('fails with what is wrong with the network, and keeps its choice for the next attempt', async () => {
    await interrupted();
    const cut = 'E: Failed to fetch http://mirror/two_1_all.deb  Connection failed [IP: 10.0.0.1 80]';
    await assert.rejects(fetched(aptGet(cut)), (error: Error) => {
      assert.match(error.message, /Connection failed[^]*kept in .*archives: the next attempt goes on/);
      return true;
    });
    assert.deepEqual(JSON.parse(await readFile(choice, 'utf8')), KEPT);
    const asked = (await readFile(join(folder, 'bin/apt-get.log'), 'utf8')).trimEnd();
    assert.equal(asked, '-q download two=1');
  });

  it('chooses anew when the mirror has moved on', async () => {
    await interrupted();
    const gone = 'E: Failed to fetch http://mirror/two_1_all.deb  404  Not Found [IP: 10.0.0.1 80]';
    const chosen = await fetched(aptGet(gone));
    assert.deepEqual(
      chosen.map(({ name, version }) => `${name}=${version}`),
      ['one=2', 'two=2'],
    );
    assert.ok(lines.includes('some packages of an earlier attempt cannot be had any more; choosing anew'));
    assert.deepEqual(JSON.parse(await readFile(choice, 'utf8')), chosen);
  });
});

describe('fetching for the first time without a network', () => {
  it('says that the lists could not be read, not only that packages are unknown', async () => {
    const warned = 'W: Failed to fetch http://mirror/InRelease  Could not resolve';
    await assert.rejects(fetched(aptGet('', warned)), (error: Error) => {
      assert.match(
        error.message,
        /Unable to locate package one[^]*not whole:\n +W: Failed to fetch .*resolve/,
      );
      return true;
    });
  });
});
