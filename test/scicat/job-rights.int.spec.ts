import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { rawDataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const configuration = `
configVersion: v1
jobs:
  - jobType: anybody
    create: { auth: '#authenticated', actions: [] }
    update: { auth: '#jobOwnerUser', actions: [] }
  - jobType: owned
    create: { auth: '#datasetOwner', actions: [] }
    update: { auth: '#jobAdmin', actions: [] }
  - jobType: seen
    create: { auth: '#datasetAccess', actions: [] }
    update: { auth: '#jobAdmin', actions: [] }
`;

const block = {
  size: 1,
  dataFileList: [{ path: 'secret.h5', size: 1, time: '2020-01-01T00:00:00.000Z' }],
};

describe('A job about datasets of others', () => {
  let app: ScicatApp;
  let folder: string;
  let foreign: string;
  let own: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-job-rights-'));
    await writeFile(join(folder, 'jobs.yaml'), configuration);
    app = await ScicatApp.start({ JOB_CONFIGURATION_FILE: join(folder, 'jobs.yaml') });
    [foreign, own] = [await dataset('group2'), await dataset('group1')];
  });
  after(async () => {
    await app.stop();
    await rm(folder, { recursive: true });
  });

  const dataset = async (ownerGroup: string): Promise<string> => {
    const { body } = await app
      .as('admin')
      .post('/api/v3/datasets', rawDataset({ ownerGroup, accessGroups: [], isPublished: false }));
    const pid = String(body['pid']);
    const path = `/api/v3/datasets/${encodeURIComponent(pid)}/origdatablocks`;
    assert.equal((await app.as('admin').post(path, block)).status, 201);
    return pid;
  };
  const posted = async (
    version: 'v3' | 'v4',
    type: string,
    pids: readonly string[],
    files: readonly string[],
    account: AccountName = 'user1',
  ): Promise<[number, string]> => {
    const datasetList = pids.map((pid) => ({ pid, files }));
    const body: Fields =
      version === 'v4'
        ? { type, ownerGroup: 'group1', jobParams: { datasetList } }
        : { type, jobParams: {}, datasetList, emailJobInitiator: 'user1@example.org' };
    const answer = await app.as(account).post(`/api/${version}/jobs`, body);
    return [answer.status, answer.text];
  };

  it('is answered alike whether the dataset, or the file, exists or not', async () => {
    for (const version of ['v3', 'v4'] as const)
      for (const type of ['owned', 'seen'])
        for (const others of [[], [own]]) {
          const answers = [
            await posted(version, type, [...others, foreign], []),
            await posted(version, type, [...others, foreign], ['secret.h5']),
            await posted(version, type, [...others, foreign], ['guess.h5']),
            await posted(version, type, [...others, 'no/such'], []),
            await posted(version, type, [...others, 'no/such'], ['secret.h5']),
          ];
          const [first] = answers;
          assert.ok(first![0] === 403 || first![0] === 400, JSON.stringify(first));
          for (const answer of answers) assert.deepEqual(answer, first, `${version} ${type}`);
        }
  });

  it('tells no names of files either where a job type is open to everybody', async () => {
    const known = await posted('v4', 'anybody', [foreign], ['secret.h5']);
    assert.equal(known[0], 403);
    assert.deepEqual(await posted('v4', 'anybody', [foreign], ['guess.h5']), known);
  });

  it('still names to an owner the file, and to an administrator the dataset, that does not exist', async () => {
    assert.equal((await posted('v4', 'owned', [own], ['secret.h5']))[0], 201);
    assert.match((await posted('v4', 'owned', [own], ['guess.h5']))[1], /nonExistFiles.*guess\.h5/);
    assert.match((await posted('v4', 'owned', ['no/such'], [], 'admin'))[1], /no\/such do not exist/);
  });
});
