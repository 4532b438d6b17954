import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Tally } from './tally.js';
import { runTestFiles } from './test-run.js';

describe('Running test files', () => {
  let project: string;
  const { log } = console;
  const { NODE_OPTIONS, CATENA_TEST_TIMEOUT, NODE_TEST_CONTEXT } = process.env;

  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'catena-test-run-'));
    await mkdir(join(project, 'dist'));
    // Set by the runner that runs us; with it the files would report to that one.
    delete process.env['NODE_TEST_CONTEXT'];
  });
  after(async () => {
    for (const [name, value] of Object.entries({ NODE_OPTIONS, CATENA_TEST_TIMEOUT, NODE_TEST_CONTEXT }))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    await rm(project, { recursive: true, force: true });
  });

  async function runs(text: string): Promise<{ tally: Tally; printed: string }> {
    await writeFile(join(project, 'dist', 'some.spec.js'), `const { it } = require('node:test');\n${text}`);
    const tally = new Tally();
    const lines: string[] = [];
    console.log = (line: string) => void lines.push(line);
    try {
      await runTestFiles(['some.spec.ts'], { project, concurrency: 1, timeoutMilliseconds: 5000 }, tally);
    } finally {
      console.log = log;
    }
    return { tally, printed: lines.join('\n') };
  }

  it('counts what passed and prints what failed', async () => {
    const { tally, printed } = await runs(
      `it('holds', () => {}); it('breaks', () => { throw new Error('seven'); });`,
    );
    assert.deepEqual([tally.passed, tally.failed], [1, 1]);
    assert.match(printed, /^FAILED {2}1\/1 some[.]spec[.]ts \(1 passed/);
    assert.match(printed, /breaks\n.*Error: seven/);
  });

  it('runs several files in one process, and knows which of them has no test', async () => {
    const files = { first: `it('one', () => process.pid)`, second: `it('two', () => {})`, third: '' };
    await writeFile(join(project, 'package.json'), '{ "type": "module" }');
    for (const [name, text] of Object.entries(files))
      await writeFile(join(project, 'dist', `${name}.spec.js`), `import { it } from 'node:test';\n${text}`);
    const ran = async (
      names: readonly string[],
      alone: readonly string[] = [],
    ): Promise<{ tally: Tally; printed: string }> => {
      const tally = new Tally();
      const lines: string[] = [];
      console.log = (line: string) => void lines.push(line);
      const options = { project, concurrency: 1, together: 8, alone, timeoutMilliseconds: 5000 };
      await runTestFiles(
        names.map((name) => `${name}.spec.ts`),
        options,
        tally,
      ).finally(() => (console.log = log));
      return { tally, printed: lines.join('\n') };
    };
    const good = await ran(['first', 'second']);
    assert.deepEqual([good.tally.passed, good.tally.failed], [2, 0], good.printed);
    assert.match(good.printed, /^ok {6}2\/2 2 files, from first[.]spec[.]ts \(2 passed/);
    const apart = await ran(['first', 'second'], ['second']);
    assert.deepEqual([apart.tally.passed, apart.tally.failed], [2, 0], apart.printed);
    assert.match(apart.printed, /^ok {6}1\/2 second[.]spec[.]ts .*\nok {6}2\/2 first[.]spec[.]ts/);
    const bad = await ran(['first', 'third']);
    assert.deepEqual([bad.tally.passed, bad.tally.failed], [1, 1], bad.printed);
    assert.match(bad.printed, /third[.]spec[.]js\n\s+the file contains no test/);
    assert.deepEqual(
      (await readdir(join(project, 'dist'))).filter((name) => name.startsWith('together')),
      [],
      'nothing is left behind',
    );
    await rm(join(project, 'package.json'));
  });

  it('fails a file without tests', async () => {
    const { tally, printed } = await runs('');
    assert.equal(tally.failed, 1);
    assert.match(printed, /contains no test/);
  });

  it('fails tests that were switched off', async () => {
    const { tally, printed } = await runs(`it('holds', () => {}); it.skip('sleeps', () => {});`);
    assert.deepEqual([tally.passed, tally.failed], [1, 1]);
    assert.match(printed, /sleeps: switched off/);
  });

  it('says what keeps a file alive that does not end', async () => {
    const { tally, printed } = await runs(
      `it('leaves a process behind', () => { require('child_process').spawn('sleep', ['31.5']); });`,
    );
    assert.equal(tally.failed, 1);
    assert.match(printed, /still waiting for: .*ProcessWrap/);
    assert.match(printed, /process \d+: sleep 31[.]5/);
    assert.match(printed, /did not end within 5 s, so it was ended/);
  });

  it('ends a file that never comes back from a loop', async () => {
    const { tally, printed } = await runs(`it('turns round', () => { for (;;); });`);
    assert.equal(tally.failed, 1);
    assert.match(printed, /did not end within 5 s, so it was ended/);
  });
});
