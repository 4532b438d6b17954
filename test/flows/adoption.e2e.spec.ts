import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readDatablock } from '#datablock';
import { until } from '#messaging/testing';
import { createDataset, registerFiles } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const admin = fileURLToPath(new URL('../../../tools/catena-admin.mjs', import.meta.url));

interface Run {
  readonly _id: string;
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly { readonly archiveId: string; readonly message: string }[];
}

const files: Readonly<Record<string, string>> = {
  'scan/frame-1.h5': 'one'.repeat(50_000),
  'scan/frame-2.h5': 'two'.repeat(40_000),
  'log.txt': 'all went well',
};

/** Tars as ScopeMArchiver's flows made them on a share, and the datablocks that they registered for them: MD5, times of archiving. */
describe('What an earlier system has archived', () => {
  const seen = verdict();
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;
  const pids: string[] = [];

  before(async () => {
    installation = await Installation.create();
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
    for (const content of [files, files, { ...files, 'log.txt': 'all went WRONG' }])
      pids.push(await archivedEarlier(pids.length, content, pids.length === 1 ? undefined : 'md5'));
  });
  after(() => installation.stop(seen.failed));

  const idOf = (pid: string): string =>
    `openem-network/datasets/${pid.replace('/', '-')}/datablocks/${pid.replace('/', '-')}_0.tar`;

  async function archivedEarlier(
    index: number,
    content: Readonly<Record<string, string>>,
    chkAlg: 'md5' | undefined,
  ): Promise<string> {
    const pid = await createDataset(client, `/data/earlier/${index}`);
    await registerFiles(
      client,
      pid,
      Object.entries(files).map(([path, { length }]) => ({
        path,
        size: length,
        time: '2023-05-06T07:08:09.000Z',
      })),
    );
    const folder = await mkdtemp(join(tmpdir(), 'catena-earlier-'));
    for (const [path, text] of Object.entries(content)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const tar = join(installation.shares[0]!, idOf(pid));
    await mkdir(dirname(tar), { recursive: true });
    execFileSync('tar', ['-C', folder, '--format=pax', '-cf', tar, ...Object.keys(content)]);
    await rm(folder, { recursive: true });
    const { size: packedSize } = await stat(tar);
    // As the catalogue of then holds it: by a service that may do so, and by no job.
    await installation.withDatabase('catalog-api', async (database) => {
      const at = new Date('2023-05-06T07:08:09.000Z');
      await database.collection<{ _id: string; [field: string]: unknown }>('Datablock').insertOne({
        ...{ _id: `earlier-${index}`, datasetId: pid, archiveId: idOf(pid), version: '1.0', packedSize },
        size: Object.values(files).reduce((sum, text) => sum + text.length, 0),
        ...(chkAlg === undefined ? {} : { chkAlg }),
        dataFileList: Object.entries(files).map(([path, text]) => ({
          ...{ path, size: text.length, time: at, uid: '1001', gid: '1001', perm: '33188' },
          ...(chkAlg === undefined ? {} : { chk: createHash(chkAlg).update(text).digest('hex') }),
        })),
        ...{ ownerGroup: 'demo-group', accessGroups: [], isPublished: false },
        ...{ createdBy: 'archiver', updatedBy: 'archiver', createdAt: at, updatedAt: at },
      });
      await database.collection<{ _id: string }>('Dataset').updateOne(
        { _id: pid },
        {
          $set: {
            'datasetlifecycle.archivable': false,
            'datasetlifecycle.retrievable': true,
            'datasetlifecycle.archiveStatusMessage': 'datasetOnArchiveDisk',
          },
        },
      );
    });
    return pid;
  }

  async function asOperator<Answer>(method: string, path = '', body?: object): Promise<Answer> {
    const { secrets, ports } = installation.settings;
    const response = await fetch(`http://127.0.0.1:${ports.archiver}/api/v4/operations/adoptions${path}`, {
      method,
      headers: {
        authorization: `Bearer ${secrets.operationsTokens.archiver}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok(response.ok, `${response.status} ${await response.clone().text()}`);
    return (await response.json()) as Answer;
  }
  async function adopted(): Promise<Run> {
    const target = installation.shares[0];
    const { _id } = await asOperator<Run>('POST', '', {
      target,
      apply: true,
      withoutChecksums: true,
      by: 'Ada',
      reason: 'the old archive',
    });
    let run: Run | undefined;
    await until(async () => {
      run = await asOperator<Run>('GET', `/${_id}`);
      return run.state !== 'running';
    });
    return run!;
  }
  async function job(type: string, datasetList: object[]) {
    const { status, body } = await client.call('POST', '/api/v3/Jobs', { type, jobParams: {}, datasetList });
    assert.equal(status, 201, JSON.stringify(body));
    return client.jobEnd(String(body['id']));
  }

  it('is unknown to the archiver before it is adopted', async () => {
    const { statusCode } = await job('retrieve', [{ pid: pids[0], files: [] }]);
    assert.equal(statusCode, 'finishedUnsuccessful');
  });

  it('is looked for first, by an administrator at a command line, and nothing is recorded', async () => {
    const { ports, secrets } = installation.settings;
    const appsFile = join(installation.directory, 'apps.yaml');
    const url = `http://127.0.0.1:${ports.archiver}`;
    await writeFile(
      appsFile,
      `apps: [{ name: archiver, url: '${url}', token: '${secrets.operationsTokens.archiver}' }]\n`,
    );
    const environment = { PATH: process.env['PATH'], OPERATIONS_APPS_FILE: appsFile };
    const said = execFileSync(process.execPath, [admin, '--json', 'adopt', installation.shares[0]!], {
      env: environment,
      encoding: 'utf8',
    });
    const { counts } = JSON.parse(said) as Run;
    assert.deepEqual([counts['looked'], counts['adoptable'], counts['bytes']], [3, 3, 0]);
    assert.throws(
      () =>
        execFileSync(process.execPath, [admin, 'adopt', 'x', '--apply'], { env: environment, stdio: 'pipe' }),
      /--reason/,
    );
  });

  it('is adopted where its bytes are what the catalogue lists, with checksums or without, once', async () => {
    const { counts, problems } = await adopted();
    assert.deepEqual([counts['looked'], counts['adopted'], counts['refused']], [3, 2, 1]);
    assert.deepEqual(
      problems.map(({ archiveId }) => archiveId),
      [idOf(pids[2]!)],
    );
    assert.match(problems[0]!.message, /log.txt/);
    const again = await adopted();
    assert.deepEqual([again.counts['known'], again.counts['adopted'], again.counts['refused']], [2, 0, 1]);
  });

  it('comes back whole, and file by file, and is verified, as what Catena has archived', async () => {
    for (const [names, expected] of [
      [[], Object.keys(files)],
      [['scan'], ['scan/frame-1.h5', 'scan/frame-2.h5']],
    ] as const) {
      const { id, statusMessage, jobResultObject } = await job('retrieve', [{ pid: pids[0], files: names }]);
      await ledger.jobEndedOnce(id, 'finishedSuccessful');
      const [result] = jobResultObject.result ?? [];
      assert.ok(result !== undefined, statusMessage);
      const response = await fetch(result.url);
      const found: Record<string, string> = {};
      for await (const { path, content } of readDatablock(
        response.body as unknown as AsyncIterable<Buffer>,
      )) {
        const pieces: Buffer[] = [];
        for await (const piece of content) pieces.push(piece);
        found[path] = Buffer.concat(pieces).toString();
      }
      assert.deepEqual(Object.keys(found).sort(), [...expected].sort());
      for (const [path, text] of Object.entries(found)) assert.equal(text, files[path], path);
    }
    const { id } = await job('verify', [
      { pid: pids[0], files: [] },
      { pid: pids[1], files: [] },
    ]);
    await ledger.jobEndedOnce(id, 'finishedSuccessful');
  });
});
