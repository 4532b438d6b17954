import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import {
  createDataset,
  datasetInLandingZone,
  datasetInSourceFolder,
  registerFiles,
  sampleFiles,
  type TestDataset,
} from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const time = '2020-02-03T04:05:06.789Z';
const run = promisify(execFile);

/** Writes a file with the time that is registered for it. */
async function put(file: string, content: string | Buffer): Promise<void> {
  await writeFile(file, content);
  await utimes(file, new Date(time), new Date(time));
}

describe('Bad input in the files', () => {
  const seen = verdict();
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;

  before(async () => {
    installation = await Installation.create({ environment: { DATABLOCK_TARGET_SIZE: '1000000' } });
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
  });
  after(() => installation.stop(seen.failed));

  const archive = async (pid: string) => {
    const { status, body } = await client.postJob('archive', [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    return client.jobEnd(String(body['id']));
  };
  const inFolder = async (
    name: string,
    make: (folder: string) => Promise<{ path: string; size: number; time: string; chk?: string }[]>,
  ): Promise<TestDataset> => {
    const folder = join(installation.sourceFolder, name);
    await mkdir(folder, { recursive: true });
    const files = await make(folder);
    const pid = await createDataset(client, folder);
    await registerFiles(client, pid, files);
    return { pid, files: [] };
  };

  const failures: readonly (readonly [
    string,
    (folder: string) => Promise<{ path: string; size: number; time: string; chk?: string }[]>,
    string,
    string,
  ])[] = [
    [
      'a missing file',
      async () => [{ path: 'gone', size: 1, time }],
      'archiver.originals-incomplete',
      'missingFilesError',
    ],
    [
      'a file that shrank',
      async (folder) => {
        await writeFile(join(folder, 'f'), 'long');
        await truncate(join(folder, 'f'), 2);
        return [{ path: 'f', size: 4, time }];
      },
      'datablock.member-changed',
      'scheduleArchiveJobFailed',
    ],
    [
      'a file whose content is not what was registered',
      async (folder) => {
        await put(join(folder, 'f'), 'other');
        return [{ path: 'f', size: 5, time, chk: 'a'.repeat(64) }];
      },
      'datablock.checksum-mismatch',
      'scheduleArchiveJobFailed',
    ],
    [
      'a symbolic link out of the source folder',
      async (folder) => {
        await symlink('/etc/hostname', join(folder, 'link'));
        return [{ path: 'link', size: 3, time }];
      },
      'datablock.outside-folder',
      'scheduleArchiveJobFailed',
    ],
    [
      'a file rewritten after it was registered, with as many bytes',
      async (folder) => {
        await writeFile(join(folder, 'f'), 'new');
        return [{ path: 'f', size: 3, time }];
      },
      'datablock.member-changed',
      'scheduleArchiveJobFailed',
    ],
    [
      'a pipe in the place of an empty file',
      async (folder) => {
        await run('mkfifo', [join(folder, 'pipe')]);
        return [{ path: 'pipe', size: 0, time }];
      },
      'datablock.not-a-file',
      'scheduleArchiveJobFailed',
    ],
  ];
  for (const [what, make, code, word] of failures) {
    it(`${what} ends the job as the user's fault, with nothing half-done`, async () => {
      const dataset = await inFolder(what.replaceAll(' ', '-'), make);
      const end = await archive(dataset.pid);
      assert.equal(end.statusCode, 'finishedUnsuccessful', end.statusMessage);
      const [bad] = end.jobResultObject.bad ?? [];
      assert.deepEqual([bad?.pid, bad?.code, bad?.fault], [dataset.pid, code, 'user'], end.statusMessage);
      await ledger.datasetIsUntouched(dataset, word);
      assert.deepEqual(await ledger.tarsOf(installation.shares[0]!, dataset.pid), []);
    });
  }

  for (const [what, path, code] of [
    ['a path with ..', '../other/file', 'kernel.unsafe-path'],
    ['an absolute path', '/etc/passwd', 'kernel.unsafe-path'],
    ['a path with NUL', 'a\0b', 'kernel.unsafe-path'],
    ['the same path twice', 'f', 'assembly.duplicate-path'],
  ] as const)
    it(`${what} is refused, and never read where a list of before has it`, async () => {
      const dataset = await inFolder(what.replaceAll(' ', '-'), async (folder) => {
        await put(join(folder, 'f'), 'x');
        return [{ path: 'f', size: 1, time }];
      });
      const odd = { path, size: 1, time };
      const list = { datasetId: dataset.pid, size: 2, dataFileList: [{ ...odd, path: 'f' }, odd] };
      const refused = await client.call('POST', '/api/v3/OrigDatablocks', list);
      assert.equal(refused.status, 400, JSON.stringify(refused.body));
      await installation.withDatabase('catalog-api', async (database) => {
        const stored = { ...odd, time: new Date(time) };
        await database
          .collection('OrigDatablock')
          .updateOne({ datasetId: dataset.pid }, { $push: { dataFileList: stored as never } });
      });
      const end = await archive(dataset.pid);
      assert.equal(end.statusCode, 'finishedUnsuccessful', end.statusMessage);
      const [bad] = end.jobResultObject.bad ?? [];
      assert.deepEqual([bad?.pid, bad?.code, bad?.fault], [dataset.pid, code, 'user'], end.statusMessage);
      await ledger.datasetIsUntouched(dataset, 'scheduleArchiveJobFailed');
      assert.deepEqual(await ledger.tarsOf(installation.shares[0]!, dataset.pid), []);
    });

  for (const [what, folder, code] of [
    ['another group', 'strangers/raw', 'assembly.source-refused'],
    ['nobody', '', 'assembly.source-refused'],
    ['the own group, written with ".."', 'demo-group/../strangers/raw', 'assembly.source-refused'],
    ['the own group, but a link to that of another', 'demo-group/link', 'archiver.source-refused'],
  ] as const)
    it(`a source folder of ${what} is not read, and the reason says so`, async () => {
      const root = join(installation.sourceFolder, '..');
      await mkdir(join(root, 'strangers', 'raw'), { recursive: true });
      await put(join(root, 'strangers', 'raw', 'f'), 'secret');
      await symlink('../strangers/raw', join(root, 'demo-group', 'link')).catch(() => undefined);
      const pid = await createDataset(client, `${root}/${folder}`);
      await registerFiles(client, pid, [{ path: 'f', size: 6, time }]);
      const end = await archive(pid);
      assert.equal(end.statusCode, 'finishedUnsuccessful', end.statusMessage);
      const [bad] = end.jobResultObject.bad ?? [];
      assert.deepEqual([bad?.code, bad?.fault], [code, 'user'], end.statusMessage);
      assert.match(end.statusMessage, /may be read from/);
    });

  it('an empty dataset is refused in words', async () => {
    const pid = await createDataset(client, '/nothing');
    const end = await archive(pid);
    assert.equal(end.statusCode, 'finishedUnsuccessful');
    assert.equal(end.jobResultObject.bad?.[0]?.code, 'assembly.dataset-empty');
  });

  it('an unreadable source folder outside the mounted roots means the landing zone, where nothing is', async () => {
    const pid = await createDataset(client, '/root/secret');
    await registerFiles(client, pid, [{ path: 'id_rsa', size: 10, time }]);
    const end = await archive(pid);
    assert.equal(end.jobResultObject.bad?.[0]?.code, 'archiver.originals-incomplete', end.statusMessage);
  });

  it('odd names, empty files and files above the datablock target are archived as they are', async () => {
    const files = [
      ...sampleFiles(2_500_000),
      { path: 'new\nline', content: Buffer.from('n') },
      { path: `${'ü'.repeat(120)}.dat`, content: Buffer.from('long') },
      { path: 'data/manifest.json', content: Buffer.from('[]') },
      { path: '100%.txt', content: Buffer.from('%') },
      { path: 'a+b&c=d?.txt', content: Buffer.from('query') },
    ];
    for (const make of [datasetInSourceFolder, datasetInLandingZone]) {
      const dataset = await make(installation, client, files);
      const end = await archive(dataset.pid);
      assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
      await ledger.datasetIsArchived(dataset);
      assert.ok(
        (await client.datablocks(dataset.pid)).length >= 2,
        'the big file has a datablock of its own',
      );
    }
  });

  it('one bad dataset does not take the others of its job with it', async () => {
    const good = await datasetInSourceFolder(installation, client);
    const bad = await inFolder('one-of-two', async () => [{ path: 'gone', size: 1, time }]);
    const { body } = await client.postJob('archive', [bad.pid, good.pid]);
    const end = await client.jobEnd(String(body['id']));
    await ledger.jobEndedOnce(end.id, 'finishedWithDatasetErrors');
    assert.deepEqual(end.jobResultObject.good, [good.pid]);
    await ledger.datasetIsArchived(good);
    await ledger.datasetIsUntouched(bad, 'missingFilesError');

    const folder = join(installation.sourceFolder, 'one-of-two');
    await put(join(folder, 'gone'), 'x');
    const retry = await client.call('POST', `/api/v4/jobs/${end.id}/retry`);
    assert.equal(retry.status, 201, JSON.stringify(retry.body));
    const second = await client.jobEnd(String(retry.body['id']));
    await ledger.jobEndedOnce(second.id, 'finishedSuccessful');
    await ledger.datasetIsArchived({ pid: bad.pid, files: [{ path: 'gone', content: Buffer.from('x') }] });
  });

  it('a retried job uses what was verified before, and packs only the part that failed', async () => {
    const dataset = await datasetInSourceFolder(installation, client, [
      { path: 'a', content: Buffer.alloc(900_000, 1) },
      { path: 'b', content: Buffer.alloc(900_000, 2) },
    ]);
    const { body: record } = await client.call('GET', `/api/v3/datasets/${encodeURIComponent(dataset.pid)}`);
    const file = join(String(record['sourceFolder']), 'b');
    await rm(file);
    const first = await archive(dataset.pid);
    assert.equal(first.statusCode, 'finishedUnsuccessful');
    const kept = await ledger.tarsOf(installation.shares[0]!, dataset.pid);
    assert.equal(kept.length, 1, 'the good datablock of the failed job is kept');
    await put(file, Buffer.alloc(900_000, 2));
    const retry = await client.call('POST', `/api/v4/jobs/${first.id}/retry`);
    const second = await client.jobEnd(String(retry.body['id']));
    await ledger.jobEndedOnce(second.id, 'finishedSuccessful');
    await ledger.datasetIsArchived(dataset);
    assert.ok((await client.datablocks(dataset.pid)).some(({ archiveId }) => archiveId === kept[0]));
  });

  it('a folder in the place of a registered file is reported by its name', async () => {
    const dataset = await inFolder('folder-for-file', async (folder) => {
      await mkdir(join(folder, 'd', 'f'), { recursive: true });
      return [{ path: 'd/f', size: 1, time }];
    });
    const end = await archive(dataset.pid);
    assert.equal(end.statusCode, 'finishedUnsuccessful');
    assert.match(end.statusMessage, /d\/f/);
  });
});
