import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { changesSince, changesText, isChanged, type FolderChanges } from './folder-changes.js';
import { seen } from './journal.js';
import { walk } from './walk.js';

const never = new AbortController().signal;

describe('What changed in a folder since it was sent', () => {
  let root: string;
  let changes: () => Promise<FolderChanges>;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'catena-changes-'));
    for (const name of ['a', 'b', 'c']) writeFileSync(join(root, name), `old ${name}`);
    const sent = new Map(
      (await walk(root, never)).files.map((file) => [
        file.path,
        { file: seen(file), sha256: createHash('sha256').update(`old ${file.path}`).digest('hex') },
      ]),
    );
    changes = async () => changesSince({ sent }, root, await walk(root, never), never);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('is named: what is other, new and gone', async () => {
    writeFileSync(join(root, 'a'), 'new a');
    utimesSync(join(root, 'a'), 1, 1);
    rmSync(join(root, 'b'));
    for (const name of ['d', 'e', 'f', 'g']) writeFileSync(join(root, name), 'x');
    const found = await changes();
    assert.equal(isChanged(found), true);
    assert.equal(
      changesText(found),
      '1 file changed (a), 4 files added (d, e, f and 1 more), 1 file gone (b)',
    );
  });
  it('is nothing when only times are others', async () => {
    utimesSync(join(root, 'a'), 1, 1);
    assert.deepEqual(await changes(), { added: [], changed: [], gone: [] });
  });
});
