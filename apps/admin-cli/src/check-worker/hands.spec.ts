import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { commandHand } from './hands.js';

describe('A command that does something to a worker', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hands-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('gets the archive id as it is, by two ways', async () => {
    const archiveId = `catena-check/it's "one"; exit 7/$HOME/0.tar`;
    const file = join(folder, 'said');
    await commandHand(
      '--damage-command',
      `printf '%s\\n%s' "$1" "$CATENA_CHECK_ARCHIVE_ID" > ${file}`,
    )(archiveId);
    assert.equal(await readFile(file, 'utf8'), `${archiveId}\n${archiveId}`);
  });

  it('ends the check when it fails: what comes after it would tell nothing', async () => {
    await assert.rejects(commandHand('--restart-command', 'exit 3')(), {
      code: 'cli.usage',
      message: /--restart-command.*found 3: exit 3/,
    });
  });
});
