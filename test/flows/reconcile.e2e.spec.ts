import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newId, pidAsName } from '#kernel';
import {
  createDataset,
  datasetInLandingZone,
  datasetInSourceFolder,
  sampleFiles,
} from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const admin = fileURLToPath(new URL('../../../tools/catena-admin.mjs', import.meta.url));
const reconciled = ['catalog-api', 'job-assembler', 'archiver'] as const;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Report {
  readonly left: number;
  readonly apps: readonly {
    readonly app: string;
    readonly fault?: string;
    readonly run?: {
      readonly kinds: Readonly<Record<string, number>>;
      readonly checks: readonly { readonly lookedAt: number; readonly skipped: readonly string[] }[];
      readonly list: readonly { readonly kind: string; readonly subject: string; readonly outcome: string }[];
    };
  }[];
}

describe('Reconciliation', () => {
  let installation: Installation;
  let demo: ScicatClient;
  let appsFile: string;
  const seen = verdict();

  before(async () => {
    installation = await Installation.create({
      shares: 2,
      environment: {
        RECONCILE_MIN_AGE: '4s',
        REFERENCE_PATIENCE: '1s',
        LTS_COPIES: '2',
        TRACKABLES: 'Dataset',
      },
    });
    await installation.start();
    demo = await installation.client('demo');
    appsFile = join(installation.directory, 'apps.yaml');
    const { ports, secrets } = installation.settings;
    const tokenFile = join(installation.directory, 'archiver.token');
    await writeFile(tokenFile, `${secrets.operationsTokens.archiver}\n`);
    const entries = reconciled.map((name) => {
      const token =
        name === 'archiver' ? 'tokenFile: archiver.token' : `token: ${secrets.operationsTokens[name]}`;
      return `  - { name: ${name}, url: "http://127.0.0.1:${ports[name]}", ${token} }\n`;
    });
    await writeFile(appsFile, `apps:\n${entries.join('')}`);
  });
  after(() => installation.stop(seen.failed));

  function run(...parameters: string[]): Promise<Ended> {
    const { PATH = '' } = process.env;
    const env = { PATH, HOME: installation.directory, OPERATIONS_APPS_FILE: appsFile };
    return new Promise((resolve) =>
      execFile(process.execPath, [admin, ...parameters], { env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      ),
    );
  }

  async function report(...parameters: string[]): Promise<Report & { readonly code: number }> {
    const { code, stdout, stderr } = await run('--json', 'reconcile', ...parameters);
    assert.notEqual(stdout, '', stderr);
    const found = JSON.parse(stdout) as Report;
    for (const { app, fault } of found.apps) assert.equal(fault, undefined, `${app}: ${fault}`);
    return { ...found, code };
  }

  const kindsIn = ({ apps }: Report): Record<string, number> =>
    Object.assign({}, ...apps.map(({ run: one }) => one?.kinds ?? {})) as Record<string, number>;

  async function changeStore(change: Parameters<Installation['withObjectStore']>[0]): Promise<void> {
    await installation.withObjectStore(change);
  }
  const bucket = (name: string): string => `${installation.settings.prefix}-${name}`;

  async function archived(): Promise<string> {
    const { pid } = await datasetInSourceFolder(installation, demo, sampleFiles(100_000));
    const { status, body } = await demo.postJob('archive', [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal((await demo.jobEnd(String(body['id']), 120_000)).statusCode, 'finishedSuccessful');
    return pid;
  }

  it('finds nothing in a healthy installation, also while it archives and retrieves', async () => {
    const datasets = await Promise.all(
      [datasetInSourceFolder, datasetInLandingZone, datasetInLandingZone].map((make) =>
        make(installation, demo, sampleFiles(300_000)),
      ),
    );
    const pids = datasets.map(({ pid }) => pid);
    for (const type of ['archive', 'retrieve']) {
      const { status, body } = await demo.postJob(type, pids);
      assert.equal(status, 201, JSON.stringify(body));
      let over = false;
      const end = demo.jobEnd(String(body['id']), 120_000).finally(() => (over = true));
      while (!over) assert.deepEqual(kindsIn(await report()), {});
      assert.equal((await end).statusCode, 'finishedSuccessful');
    }
    // Older than what is too young to be judged, and seen by more than one run.
    const until = Date.now() + 60_000;
    while (Date.now() < until) {
      const found = await report();
      assert.deepEqual([found.code, found.left, kindsIn(found)], [0, 0, {}]);
      assert.ok(found.apps.every(({ run: one }) => one!.checks.some(({ lookedAt }) => lookedAt > 0)));
    }
  });

  it('refuses to change anything without a reason, and tells no token', async () => {
    const refused = await run('reconcile', '--apply');
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /--reason/);
    const file = join(installation.directory, 'wrong.yaml');
    await writeFile(file, `apps: [{ name: archiver, url: "http://127.0.0.1:1", token: very-secret }]`);
    const [saved] = [appsFile];
    appsFile = file;
    const away = await run('reconcile');
    appsFile = saved;
    assert.equal(away.code, 1);
    assert.match(away.stdout, /did not answer/);
    assert.doesNotMatch(away.stdout + away.stderr, /very-secret/);
  });

  it('reports what has drifted apart, repairs it, and finds nothing after that', async () => {
    // First: stores tell times in seconds, and the deletion must be later than the file.
    const deleted = await createDataset(demo, '/data/deleted');
    await changeStore(async (store) => {
      await store.put(bucket('landing-zone'), `${pidAsName(deleted)}/a.dat`, Buffer.from('a'), { size: 1 });
    });
    const stuck = await archived();
    const lost = await archived();
    const gone = `20.500/gone-${newId()}`;
    const dark = `${pidAsName(gone)}/${newId()}/0.tar`;
    const darkFile = join(installation.shares[0]!, dark);
    await mkdir(dirname(darkFile), { recursive: true });
    await writeFile(darkFile, 'nobody knows what this is');
    const archiveId = await installation.withDatabase('archiver', async (database) => {
      const found = await database.collection('datablocks').findOne({ pid: lost });
      return String(found?._id);
    });
    const copy = join(installation.shares[1]!, archiveId);
    await rm(copy);
    await changeStore(async (store) => {
      const body = Buffer.from('left behind');
      for (const [where, key] of [
        ['retrieval', archiveId],
        ['control', `plans/${newId()}/0.ndjson`],
        ['control', `manifests/${pidAsName(gone)}/${newId()}/0.tar.json`],
      ] as const)
        await store.put(bucket(where), key, body, { size: body.length });
    });
    const manager = await installation.client('archiveManager');
    const removed = await manager.call('DELETE', `/api/v3/datasets/${encodeURIComponent(deleted)}`);
    assert.equal(removed.status, 200, JSON.stringify(removed.body));
    await installation.withDatabase('catalog-api', async (database) => {
      await database.collection('Dataset').updateOne(
        { pid: stuck },
        {
          $set: {
            'datasetlifecycle.retrievable': false,
            'datasetlifecycle.archiveStatusMessage': 'started',
          },
        },
      );
    });

    const planted = {
      ...{ 'file-unrecorded': 1, 'copy-missing': 1, 'retrieved-without-record': 1 },
      ...{
        'list-without-job': 1,
        'list-without-datablock': 1,
        'dataset-stuck': 1,
        'landing-dataset-gone': 1,
      },
    };
    let found = await report();
    const until = Date.now() + 240_000;
    while (Object.keys(kindsIn(found)).length < Object.keys(planted).length && Date.now() < until)
      found = await report();
    assert.deepEqual([found.code, kindsIn(found)], [1, planted]);
    assert.equal((await stat(darkFile)).isFile(), true, 'a report changes nothing');
    const text = await run('reconcile');
    assert.match(text.stdout, /archiver: copy-missing .* \[left\]/);

    const applied = await report('--apply', '--reason', 'a test');
    assert.deepEqual(
      [applied.code, applied.left, kindsIn(applied)],
      [0, 0, planted],
      JSON.stringify(applied),
    );
    assert.deepEqual(kindsIn(await report()), {});

    await assert.rejects(stat(darkFile), 'it is set aside');
    const aside = await installation.withDatabase('archiver', (database) =>
      database.collection('set_aside').findOne({ archiveId: dark }),
    );
    assert.equal(aside?.['state'], 'kept');
    const dataset = await installation.withDatabase('catalog-api', (database) =>
      database.collection('Dataset').findOne({ pid: stuck }),
    );
    const lifecycle = dataset?.['datasetlifecycle'] as Record<string, unknown>;
    assert.deepEqual(
      [lifecycle['archivable'], lifecycle['retrievable'], lifecycle['archiveStatusMessage']],
      [false, true, 'datasetOnArchiveDisk'],
    );
  });
});
