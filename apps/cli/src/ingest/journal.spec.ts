import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { digestOfFiles, isSame, Journal, journalFile } from './journal.js';

const file = { path: 'a', size: 1, modified: '5' };

describe('Journal', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'catena-journal-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('remembers what was done', async () => {
    const path = join(folder, 'one');
    const journal = await Journal.open(path, false);
    assert.equal(journal.state.pid, undefined);
    journal.record({ kind: 'dataset', pid: 'p/1', folder: '/f', server: 's' });
    journal.record({ kind: 'upload', file, uploadId: 'u' });
    journal.record({ kind: 'sent', file, sha256: 'c' });
    journal.record({ kind: 'complete', digest: 'd' });
    await journal.close();
    const again = await Journal.open(path, false);
    assert.equal(again.state.pid, 'p/1');
    assert.equal(again.state.uploads.get('a')?.uploadId, 'u');
    assert.equal(again.state.sent.get('a')?.sha256, 'c');
    assert.equal(again.state.complete, 'd');
    await again.close();
  });

  it('forgets a line that a crash left unfinished, and goes on after the last whole one', async () => {
    const path = join(folder, 'two');
    const journal = await Journal.open(path, false);
    journal.record({ kind: 'dataset', pid: 'p/2', folder: '/f', server: 's' });
    await journal.close();
    appendFileSync(path, '{"kind":"sent","file":{"pa');
    const again = await Journal.open(path, false);
    assert.equal(again.state.pid, 'p/2');
    again.record({ kind: 'complete', digest: 'd' });
    await again.close();
    assert.equal(readFileSync(path, 'utf8').split('\n').length, 3);
  });

  it('begins anew when asked to', async () => {
    const path = join(folder, 'one');
    const journal = await Journal.open(path, true);
    assert.equal(journal.state.pid, undefined);
    await journal.close();
  });

  it('forgets everything when another dataset begins, and keeps what its own was asked for', async () => {
    const path = join(folder, 'four');
    const journal = await Journal.open(path, false);
    const asked = { ownerGroup: 'g', type: 'raw' };
    journal.record({ kind: 'dataset', pid: 'p/4', folder: '/f', server: 's', asked });
    await journal.close();
    const again = await Journal.open(path, false);
    assert.deepEqual(again.state.asked, asked);
    await again.forget();
    assert.equal(again.state.pid, undefined);
    again.record({ kind: 'dataset', pid: 'p/5', folder: '/f', server: 's', asked });
    await again.close();
    const third = await Journal.open(path, false);
    assert.equal(third.state.pid, 'p/5');
    await third.close();
  });

  it('counts nothing as sent that was in a parcel which is sent anew', async () => {
    const path = join(folder, 'five');
    const journal = await Journal.open(path, false);
    const sent = { kind: 'sent', sha256: 'c', parcel: 'p' } as const;
    journal.record(
      { kind: 'parcel', parcel: 'p' },
      { ...sent, file },
      { ...sent, file: { ...file, path: 'b' } },
    );
    journal.record({ kind: 'parcel', parcel: 'p' }, { ...sent, file: { ...file, path: 'b' } });
    await journal.close();
    const again = await Journal.open(path, false);
    assert.deepEqual([...again.state.sent.keys()], ['b']);
    assert.deepEqual([...again.state.parcels], ['p']);
    await again.close();
  });

  it('that cannot be written is told in a sentence', async () => {
    const refused = { code: 'cli.failed', message: /Expected to note in \/proc\/.*XDG_STATE_HOME/ };
    await assert.rejects(Journal.open('/proc/x/journal', false), refused);
  });

  it('is held by one process at a time, and taken over from a dead one', async () => {
    const path = join(folder, 'three');
    const journal = await Journal.open(path, false);
    await assert.rejects(Journal.open(path, false), {
      code: 'cli.conflict',
      message: new RegExp(String(process.pid)),
    });
    await journal.close();
    appendFileSync(`${path}.lock`, '4194399');
    await (await Journal.open(path, false)).close();
  });

  it('has one file for each folder and server', () => {
    const names = new Set([
      journalFile('/s', '/a', 'x'),
      journalFile('/s', '/a', 'y'),
      journalFile('/s', '/b', 'x'),
    ]);
    assert.equal(names.size, 3);
  });
});

describe('isSame', () => {
  it('sees another size or time', () => {
    assert.equal(isSame(file, { ...file }), true);
    assert.equal(isSame(file, { ...file, size: 2 }), false);
    assert.equal(isSame(file, { ...file, modified: '6' }), false);
    assert.notEqual(digestOfFiles([file]), digestOfFiles([{ ...file, modified: '6' }]));
  });
});
