import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { until } from '#messaging/testing';
import { CommandLine, type Ended } from '../support/command-line.js';
import { Installation } from '../support/installation.js';

import { verdict } from '../support/verdict.js';

const execute = promisify(execFile);
const count = 2500;

describe('Many tiny files', () => {
  let installation: Installation;
  let shell: CommandLine;
  let folder: string;
  const seen = verdict();
  const nameOf = (index: number): string => `run/${index % 7}/frame "${index}" ü.raw`;
  const write = async (name: string, text: string | Buffer): Promise<void> => {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  };

  before(async () => {
    installation = await Installation.create({
      sharedAccounts: true,
      // Several datablocks, whose ends do not meet those of parcels.
      environment: { DATABLOCK_MOST_FILES: '700' },
    });
    await installation.start();
    shell = await CommandLine.create(installation.url);
    folder = join(installation.directory, 'tiny');
    for (let index = 0; index < count; index += 1) await write(nameOf(index), `content ${index}`);
    await write('empty', '');
    await write('larger', Buffer.alloc(300_000, 'x'));
    const password = installation.settings.secrets.accounts.demo;
    assertCode(await shell.run(['login', '--username', 'demo', '--password-stdin'], {}, `${password}\n`), 0);
  });
  after(async () => {
    await shell.remove();
    await installation.stop(seen.failed);
  });

  it('travel many to an object, through an interruption and changes, to tape and back, and leave nothing behind', async () => {
    const ingest = ['ingest', folder, '--owner-group', 'demo-group', '--json'];
    const interrupted = await shell.interruptWhen(ingest, (journal) =>
      journal.some(({ kind }) => kind === 'sent'),
    );
    assertCode(interrupted, 130);
    await write(nameOf(3), 'something else');
    await rm(join(folder, nameOf(4)));
    const ended = await shell.run(ingest);
    assertCode(ended, 0);
    const { pid, resumed, files } = JSON.parse(ended.stdout) as Record<string, unknown>;
    assert.deepEqual([resumed, files], [true, count + 1]);
    const objects = await installation.originalsLeft(String(pid));
    assert.ok(objects < count / 20, `${objects} objects for ${count} files`);

    assertCode(await shell.run(['archive', String(pid), '--wait']), 0);
    await until(async () => (await installation.originalsLeft(String(pid))) === 0);
    const target = join(installation.directory, 'restored');
    assertCode(await shell.run(['retrieve', String(pid), '--to', target]), 0);
    await execute('diff', ['-r', folder, target]);
  });
});

function assertCode(ended: Ended, code: number): void {
  assert.equal(ended.code, code, `${ended.stderr}\n${ended.stdout}`);
}
