import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createDataset, datasetInSourceFolder, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const time = '2020-02-03T04:05:06.789Z';

describe('Bad input', () => {
  const seen = verdict();
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
  after(() => installation.stop(seen.failed));

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
        /sets of pid and files/,
      ],
      [
        'an unknown dataset',
        () => ({ type: 'archive', datasetList: [{ pid: 'no/such', files: [] }] }),
        400,
        /must exist/,
      ],
      [
        'a dataset twice',
        () => ({ type: 'archive', datasetList: [dataset, dataset].map(({ pid }) => ({ pid, files: [] })) }),
        400,
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
      const datasetList = [{ pid: dataset.pid, files: [] }];
      const refused = await client.call('POST', '/api/v3/Jobs', { type: 'archive', datasetList }, forged);
      assert.equal(refused.status, 401, JSON.stringify(refused.body));
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
});
