import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { rawDataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';

const configuration = `
configVersion: v1
jobs:
  - jobType: public
    create: { auth: '#datasetPublic', actions: [{ actionType: catena, workflow: retrieve }] }
    update: { auth: '#jobAdmin', actions: [] }
  - jobType: anybody
    create: { auth: '#all', actions: [] }
    update: { auth: '#all', actions: [] }
`;

describe('Jobs of callers without an account', () => {
  let app: ScicatApp;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-anonymous-jobs-'));
    await writeFile(join(folder, 'jobs.yaml'), configuration);
    app = await ScicatApp.start({
      JOB_CONFIGURATION_FILE: join(folder, 'jobs.yaml'),
      ANONYMOUS_DATASETS_PER_ADDRESS: '2',
    });
  });
  after(async () => {
    await app.stop();
    await rm(folder, { recursive: true });
  });

  const listOf = (pid: string): object[] => [{ pid, files: [] }];

  it('that move tapes are taken up to a limit, and need an address that the data can be sent to', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 3; index += 1) {
      const { body } = await app
        .as('admin')
        .post('/api/v3/datasets', rawDataset({ ownerGroup: 'group1', isPublished: true }));
      const lifecycle = `/api/v3/datasets/${encodeURIComponent(String(body['pid']))}/datasetlifecycle`;
      await app.as('admin').patch(lifecycle, { archivable: false, retrievable: true });
      if (index === 0) {
        const job = { type: 'public', datasetList: listOf(String(body['pid'])) };
        const nowhere = await app.anonymous.post('/api/v3/jobs', job);
        assert.deepEqual(
          [nowhere.status, nowhere.body['message']],
          [400, 'Contact email should be specified for an anonymous job.'],
        );
      }
      const answer = await app.anonymous.post('/api/v3/jobs', {
        type: 'public',
        emailJobInitiator: `reader-${index}@example.org`,
        datasetList: listOf(String(body['pid'])),
      });
      statuses.push(answer.status);
      if (answer.status === 429) assert.equal(answer.headers.get('retry-after'), '3600');
    }
    assert.deepEqual(statuses, [201, 201, 429]);
    for (let index = 0; index < 4; index += 1)
      assert.equal(
        (await app.anonymous.post('/api/v4/jobs', { type: 'anybody', jobParams: {} })).status,
        201,
      );
  });
});
