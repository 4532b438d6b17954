import assert from 'node:assert/strict';
import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
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
import { ScicatClient } from '../support/scicat-client.js';

const time = '2020-02-03T04:05:06.789Z';

describe('Bad input', () => {
  let installation: Installation;
  let client: ScicatClient;
  let stranger: ScicatClient;
  let ledger: Ledger;

  before(async () => {
    installation = await Installation.create({ environment: { DATABLOCK_TARGET_SIZE: '1000000' } });
    await installation.start();
    client = await installation.client('demo');
    stranger = await installation.client('stranger');
    ledger = new Ledger(installation, client);
  });
  after(() => installation.stop());

  describe('in a request', () => {
    let dataset: TestDataset;
    before(async () => {
      dataset = await datasetInSourceFolder(installation, client);
    });

    const refusals: readonly (readonly [string, () => object | string, number, RegExp])[] = [
      [
        'an unknown job type',
        () => ({ type: 'teleport', datasetList: [{ pid: dataset.pid, files: [] }] }),
        400,
        /Invalid job type: teleport/,
      ],
      ['no datasets', () => ({ type: 'archive', datasetList: [] }), 400, /empty/],
      [
        'a dataset list that is no list',
        () => ({ type: 'archive', datasetList: 'x' }),
        400,
        /Invalid dataset list/,
      ],
      [
        'an entry with more than pid and files',
        () => ({ type: 'archive', datasetList: [{ pid: dataset.pid, files: [], x: 1 }] }),
        400,
        /only 'pid' and 'files'/,
      ],
      [
        'an unknown dataset',
        () => ({ type: 'archive', datasetList: [{ pid: 'no/such', files: [] }] }),
        400,
        /do not exist/,
      ],
      [
        'a dataset twice',
        () => ({ type: 'archive', datasetList: [dataset, dataset].map(({ pid }) => ({ pid, files: [] })) }),
        404,
        /twice/,
      ],
      [
        'a file the dataset does not have',
        () => ({ type: 'archive', datasetList: [{ pid: dataset.pid, files: ['nope'] }] }),
        400,
        /could not be found/,
      ],
      ['a body that is not JSON', () => '{"type": "archive",', 400, /JSON/i],
      ['a body that is a list', () => '[]', 400, /./],
      [
        'retrieving what is not archived',
        () => ({ type: 'retrieve', datasetList: [{ pid: dataset.pid, files: [] }] }),
        409,
        /retrievable/,
      ],
    ];
    for (const [what, body, status, message] of refusals) {
      it(`${what} is refused with ${status} and nothing is stored`, async () => {
        const before = await client.call<unknown[]>('GET', '/api/v4/jobs');
        const answer = await client.call('POST', '/api/v3/Jobs', body());
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        assert.match(JSON.stringify(answer.body), message);
        const later = await client.call<unknown[]>('GET', '/api/v4/jobs');
        assert.equal(later.body.length, before.body.length);
        await ledger.datasetIsUntouched(dataset, 'datasetCreated');
      });
    }

    it('a dataset of another group is refused', async () => {
      const answer = await stranger.call('POST', '/api/v4/jobs', {
        type: 'archive',
        ownerGroup: 'strangers',
        jobParams: { datasetList: [{ pid: dataset.pid, files: [] }] },
      });
      assert.deepEqual([answer.status, answer.body['message']], [403, 'Unauthorized to create this job.']);
      const asOwner = await stranger.call('POST', '/api/v4/jobs', {
        type: 'archive',
        ownerGroup: 'demo-group',
        jobParams: { datasetList: [{ pid: dataset.pid, files: [] }] },
      });
      assert.equal(asOwner.status, 400);
    });

    it('a private dataset, its files and its landing zone are hidden from strangers', async () => {
      const path = `/api/v3/datasets/${encodeURIComponent(dataset.pid)}`;
      for (const sub of ['', '/origdatablocks', '/datablocks', '/datasetlifecycle']) {
        assert.equal((await stranger.call('GET', `${path}${sub}`)).status, 403, sub);
        assert.equal(
          (await new ScicatClient(installation.url, '', '').call('GET', `${path}${sub}`)).status,
          403,
          sub,
        );
      }
      const links = await stranger.call('POST', `${path.replace('v3', 'v4')}/landing-zone/links`, {
        files: [{ path: 'x', size: 1 }],
      });
      assert.equal(links.status, 403);
      const listed = await stranger.call<unknown[]>('GET', '/api/v3/datasets');
      assert.deepEqual(listed.body, []);
    });

    it('a wrong token is an anonymous caller', async () => {
      const forged = { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJfaWQiOiJhZG1pbiJ9.' };
      assert.equal(
        (await client.call('POST', '/api/v3/Jobs', { type: 'archive', datasetList: [] }, forged)).status,
        403,
      );
      assert.equal((await client.call('GET', '/api/v3/auth/whoami', undefined, forged)).body, undefined);
      assert.equal((await client.call('GET', '/api/v3/users/my/self', undefined, forged)).status, 401);
    });

    it('a wrong password is 401 without a hint which part was wrong', async () => {
      const answers = await Promise.all([
        client.call('POST', '/api/v3/auth/login', { username: 'demo', password: 'wrong' }),
        client.call('POST', '/api/v3/auth/login', { username: 'nobody', password: 'wrong' }),
        client.call('POST', '/api/v3/auth/login', { username: { $gt: '' }, password: 'wrong' }),
        client.call('POST', '/api/v3/auth/login', {}),
      ]);
      for (const { status, body } of answers)
        assert.deepEqual([status, body], [401, { message: 'Unauthorized', statusCode: 401 }]);
    });

    for (const operator of ['$where', '$expr', '$function']) {
      it(`the operator ${operator} in a filter is refused, at any depth`, async () => {
        for (const where of [{ [operator]: 'sleep(1000)' }, { $or: [{ and: [{ [operator]: 1 }] }] }]) {
          const filter = encodeURIComponent(JSON.stringify({ where }));
          for (const path of [
            '/api/v3/datasets',
            '/api/v4/datasets',
            '/api/v4/jobs',
            '/api/v3/datablocks',
            '/api/v4/origdatablocks',
          ]) {
            const { status, body } = await client.call('GET', `${path}?filter=${filter}`);
            assert.equal(status, 400, `${path}: ${JSON.stringify(body)}`);
          }
        }
      });
    }

    it('a broken filter is 400 with the reason', async () => {
      const { status, body } = await client.call('GET', '/api/v3/datasets?filter={');
      assert.equal(status, 400);
      assert.match(String(body['message']), /Invalid JSON in filter/);
    });

    it('an upload path that leads out of the dataset is refused', async () => {
      const target = await createDataset(client, '/x');
      for (const path of ['../x', '/etc/passwd', 'a/../../b', 'a\0b', './a']) {
        const { status, body } = await client.call(
          'POST',
          `/api/v4/datasets/${encodeURIComponent(target)}/landing-zone/links`,
          { files: [{ path, size: 1 }] },
        );
        assert.equal(status, 400, `${JSON.stringify(path)}: ${JSON.stringify(body)}`);
      }
    });

    it('a dataset for a foreign group, with a pid, or with unknown fields is refused in the order SciCat does', async () => {
      const good = {
        type: 'raw',
        owner: 'o',
        ownerGroup: 'demo-group',
        contactEmail: 'a@b.ch',
        principalInvestigator: 'p',
        creationLocation: 'l',
        creationTime: time,
        sourceFolder: '/x',
      };
      assert.equal(
        (await client.call('POST', '/api/v3/datasets', { ...good, ownerGroup: 'strangers' })).status,
        403,
      );
      assert.equal(
        (await client.call('POST', '/api/v3/datasets', { ...good, pid: '20.500.12345/mine' })).status,
        403,
      );
      const unknown = await client.call('POST', '/api/v3/datasets', { ...good, surprise: 1 });
      assert.equal(unknown.status, 400);
      assert.match(String(unknown.body['message']), /property surprise should not exist/);
      const anonymous = await new ScicatClient(installation.url, '', '').call('POST', '/api/v3/datasets', {
        nonsense: true,
      });
      assert.deepEqual([anonymous.status, anonymous.body['message']], [403, 'Forbidden resource']);
    });
  });

  describe('in the files', () => {
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
          await writeFile(join(folder, 'f'), 'other');
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
        'archiver.source-refused',
        'scheduleArchiveJobFailed',
      ],
      [
        'a path with ..',
        async () => [{ path: '../other/file', size: 1, time }],
        'kernel.unsafe-path',
        'scheduleArchiveJobFailed',
      ],
      [
        'an absolute path',
        async () => [{ path: '/etc/passwd', size: 1, time }],
        'kernel.unsafe-path',
        'scheduleArchiveJobFailed',
      ],
      [
        'a path with NUL',
        async () => [{ path: 'a\0b', size: 1, time }],
        'kernel.unsafe-path',
        'scheduleArchiveJobFailed',
      ],
      [
        'the same path twice',
        async (folder) => {
          await writeFile(join(folder, 'f'), 'x');
          return [
            { path: 'f', size: 1, time },
            { path: 'f', size: 1, time },
          ];
        },
        'assembly.duplicate-path',
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
      await writeFile(join(folder, 'gone'), 'x');
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
      const { body: record } = await client.call(
        'GET',
        `/api/v3/datasets/${encodeURIComponent(dataset.pid)}`,
      );
      const file = join(String(record['sourceFolder']), 'b');
      await rm(file);
      const first = await archive(dataset.pid);
      assert.equal(first.statusCode, 'finishedUnsuccessful');
      const kept = await ledger.tarsOf(installation.shares[0]!, dataset.pid);
      assert.equal(kept.length, 1, 'the good datablock of the failed job is kept');
      await writeFile(file, Buffer.alloc(900_000, 2));
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
});
