import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { OTHER_NODE, otherRelease, unitTestsOnOtherNode } from './other-node.js';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catena-other-node-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Something in the place of npx. */
async function npx(script: string, patienceMilliseconds: number): Promise<void> {
  const file = join(folder, 'npx');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  const files = [
    ...['apps/x/src/a.spec.ts', 'libs/x/src/b.spec.ts', 'libs/x/src/c.spec.ts'],
    ...['libs/x/src/year-of-scrubbing.spec.ts', 'tools/x/src/t.spec.ts'],
  ];
  return unitTestsOnOtherNode(folder, files, { npx: file, patienceMilliseconds });
}

const MINUTE = 60_000;
const ON_TESTS = (script: string): string => `case "$*" in *--version) exit 0;; esac\n${script}`;

describe('the unit tests on another Node', () => {
  it('run on 24, and on 22 where everything else runs on 24', () => {
    assert.deepEqual(['20.20.2', '22.1.0', '24.1.0', '26.0.0'].map(otherRelease), [24, 24, 22, 24]);
  });

  it('are asked of that release, by the package that has it', async () => {
    await npx('echo "$*" >> asked', MINUTE);
    const [release] = /\d+/.exec(OTHER_NODE) ?? [];
    const lines = (await readFile(join(folder, 'asked'), 'utf8')).trimEnd().split('\n');
    assert.equal(lines.length, 3);
    for (const line of lines) assert.match(line, new RegExp(`--package=node-\\w+-\\w+@${release}[.]`));
    const given = lines.slice(1).map((line) => [...line.matchAll(/(\w)\.spec\.js/g)].map(([, name]) => name));
    assert.deepEqual(given.sort(), [['a', 'c'], ['b']]);
    for (const line of lines.slice(1)) assert.match(line, /isolation=none .*--test /);
  });

  it('that npm cannot fetch are told apart from tests that fail', async () => {
    await assert.rejects(npx('echo "npm error code ENOTFOUND" >&2; exit 1', MINUTE), (error: Error) => {
      assert.match(
        error.message,
        /^expected Node \d+ as the package \S+ of npm's registry, found that it cannot be had:\nnpm error code ENOTFOUND\nWithout a registry run the other parts: npm test -- --only static/,
      );
      return true;
    });
    const failing = npx(ON_TESTS('case "$*" in *b.spec*) echo "b failed"; exit 1;; esac'), MINUTE);
    await assert.rejects(failing, { message: 'b failed\n' });
  });

  it('that do not end are ended, with what they started', async () => {
    // The pipes stay open for as long as anything is left that was started.
    const patience = 5_000;
    const never = npx(ON_TESTS('echo begun; sleep 600 & wait'), patience);
    await assert.rejects(never, /did not end within 5 s, so it was ended$/);
  });
});
