import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { S3ObjectStore, s3OptionsFrom } from '#storage';
import { datasetInSourceFolder, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import { verdict } from '../support/verdict.js';

const admin = fileURLToPath(new URL('../../../tools/catena-admin.mjs', import.meta.url));
const withDatabases = ['catalog-api', 'job-assembler', 'archiver'] as const;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What can be lost, and how it is lost. */
type Loss = readonly [what: string, lose: () => Promise<void>];

describe('A backup', () => {
  let installation: Installation;
  let environment: Record<string, string>;
  let archived: TestDataset;
  let waiting: TestDataset;
  let folder: string;
  const seen = verdict();

  before(async () => {
    installation = await Installation.create({ sharedAccounts: true });
    await installation.start();
    const client = await installation.client('demo');
    archived = await datasetInSourceFolder(installation, client);
    waiting = await datasetInSourceFolder(installation, client);
    const { body } = await client.postJob('archive', [archived.pid]);
    const { statusCode, statusMessage } = await client.jobEnd(String(body['id']));
    assert.equal(statusCode, 'finishedSuccessful', statusMessage);
    await stopApps();
    environment = environmentOfAdministrators();
    folder = join(installation.directory, 'backup');
  });
  after(() => installation.stop(seen.failed));

  async function stopApps(): Promise<void> {
    for (const app of installation.members) await installation.apps[app].stop();
  }

  function environmentOfAdministrators(): Record<string, string> {
    const { services, prefix } = installation.settings;
    const uris = withDatabases.map((app) => {
      const uri = new URL(services['MONGODB_URI'] ?? '');
      uri.pathname = `/${prefix}-${app}`;
      return uri.href;
    });
    return {
      ...Object.fromEntries(Object.entries(services).filter(([name]) => name.startsWith('S3_'))),
      CATENA_DATABASES: uris.join(' '),
      CONTROL_BUCKET: `${prefix}-control`,
      LTS_ROOTS: installation.shares.join(','),
    };
  }

  function run(...parameters: string[]): Promise<Ended> {
    const { PATH = '' } = process.env;
    return new Promise((resolve) =>
      execFile(
        process.execPath,
        [admin, ...parameters],
        { env: { PATH, HOME: installation.directory, ...environment } },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      ),
    );
  }

  async function passes(...parameters: string[]): Promise<Ended> {
    const ended = await run(...parameters);
    assert.equal(ended.code, 0, `${ended.stderr}\n${ended.stdout}`);
    return ended;
  }

  const loseDatabase = (app: (typeof withDatabases)[number]): Promise<void> =>
    installation.withDatabase(app, async ({ db }) => void (await db?.dropDatabase()));

  async function loseBucket(): Promise<void> {
    const store = new S3ObjectStore(s3OptionsFrom(environment));
    try {
      const keys: string[] = [];
      for await (const { key } of store.list(environment['CONTROL_BUCKET']!, '')) keys.push(key);
      assert.ok(keys.length > 0, 'there are lists to lose');
      await store.remove(environment['CONTROL_BUCKET']!, keys);
    } finally {
      store.close();
    }
  }

  async function loseShares(): Promise<void> {
    for (const share of installation.shares)
      for (const name of await readdir(share)) await rm(join(share, name), { recursive: true, force: true });
  }

  /** Everything as a second backup sees it, without the moment. */
  async function state(name: string): Promise<unknown> {
    const place = join(installation.directory, name);
    await passes('backup', place);
    const { createdAt: _, ...rest } = JSON.parse(await readFile(join(place, 'backup.json'), 'utf8')) as {
      createdAt: string;
    };
    await rm(place, { recursive: true });
    return rest;
  }

  it('is taken of databases, control bucket and shares', async () => {
    const ended = await passes('--json', 'backup', folder);
    const { databases, objects, shares } = JSON.parse(ended.stdout) as {
      databases: { documents: number }[];
      objects: number;
      shares: { files: number }[];
    };
    assert.ok(databases.length === 3 && databases.every(({ documents }) => documents > 0));
    assert.ok(objects > 0);
    assert.ok(shares.length === 1 && shares[0]!.files > 0);
    assert.equal((await run('backup', folder)).code, 2, 'never into a folder that holds something');
  });

  const losses: readonly Loss[] = [
    ...withDatabases.map((app): Loss => [`the database of ${app}`, () => loseDatabase(app)]),
    ['the control bucket', loseBucket],
    ['the shares', loseShares],
    [
      'all of them',
      async () => {
        for (const app of withDatabases) await loseDatabase(app);
        await loseBucket();
        await loseShares();
      },
    ],
  ];
  for (const [what, lose] of losses)
    it(`brings back ${what}, to the last byte`, async () => {
      const before = await state('before');
      await lose();
      await passes('restore', folder);
      assert.deepEqual(await state('after'), before);
      const again = await passes('--json', 'restore', folder);
      assert.deepEqual(JSON.parse(again.stdout), { databases: [], objects: 0, files: 0 });
    });

  it('replaces nothing: neither documents, nor files that are others now', async () => {
    await loseDatabase('archiver');
    const intruder = { _id: 'of another writer' as never };
    await installation.withDatabase('archiver', async ({ db }) => {
      await db?.collection('datablocks').insertOne(intruder);
    });
    const refused = await run('restore', folder);
    assert.equal(refused.code, 5, refused.stderr);
    assert.match(refused.stderr, /Expected the database .*-archiver to be empty/);
    await installation.withDatabase('archiver', async ({ db }) => {
      await db?.collection('datablocks').deleteOne(intruder);
    });
    const share = installation.shares[0]!;
    const [tar = ''] = (await readdir(share, { recursive: true })).filter((name) => name.endsWith('.tar'));
    const kept = join(installation.directory, 'kept.tar');
    await cp(join(share, tar), kept);
    await rm(join(share, tar));
    await writeFile(join(share, tar), 'something else');
    assert.equal((await run('restore', folder)).code, 5);
    assert.equal(await readFile(join(share, tar), 'utf8'), 'something else');
    await rm(join(share, tar));
    await passes('restore', folder);
    assert.deepEqual(await readFile(join(share, tar)), await readFile(kept));
  });

  it('that is damaged, or was never finished, restores nothing', async () => {
    const damaged = join(installation.directory, 'damaged');
    await cp(folder, damaged, { recursive: true });
    const [file = ''] = await readdir(join(damaged, 'control'));
    await writeFile(join(damaged, 'control', file), 'x');
    await loseDatabase('job-assembler');
    const refused = await run('restore', damaged);
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /this backup is damaged. Nothing was restored/);
    await rm(join(damaged, 'backup.json'));
    assert.equal((await run('restore', damaged)).code, 2);
    await passes('restore', folder);
  });

  it('is refused while an app writes', async () => {
    const place = join(installation.directory, 'in-use');
    await mkdir(place);
    let stop = false;
    const writing = installation.withDatabase('catalog-api', async ({ db }) => {
      for (let count = 0; !stop; count += 1)
        await db?.collection('Sample').insertOne({ _id: `s${count}` as never });
    });
    const refused = await run('backup', place);
    stop = true;
    await writing;
    assert.equal(refused.code, 5, refused.stderr);
    assert.match(refused.stderr, /to rest while it was copied, found changes in .*Sample/);
    assert.equal((await run('restore', place)).code, 2, 'it left no backup behind');
    await installation.withDatabase(
      'catalog-api',
      async ({ db }) => void (await db?.collection('Sample').drop()),
    );
  });

  it('leaves an installation that goes on: the ledger is clean, what is archived comes back, what waits is archived', async () => {
    for (const app of withDatabases) await loseDatabase(app);
    await loseBucket();
    await loseShares();
    await passes('restore', folder);
    await installation.start();
    const client = await installation.client('demo');
    const ledger = new Ledger(installation, client);
    await ledger.datasetIsArchived(archived);
    for (const [type, { pid }] of [
      ['verify', archived],
      ['retrieve', archived],
      ['archive', waiting],
    ] as const) {
      const { body } = await client.postJob(type, [pid]);
      const id = String(body['id']);
      const { statusCode, statusMessage } = await client.jobEnd(id);
      assert.equal(statusCode, 'finishedSuccessful', `${type}: ${statusMessage}`);
      await ledger.jobEndedOnce(id, 'finishedSuccessful');
    }
    await ledger.datasetIsArchived(waiting);
  });
});
