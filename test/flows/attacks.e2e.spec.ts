import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pidAsName } from '#kernel';
import { until } from '#messaging/testing';
import {
  createDataset,
  datasetInLandingZone,
  datasetInSourceFolder,
  registerFiles,
  sampleFiles,
  uploadLinks,
} from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const time = '2020-02-03T04:05:06.789Z';

/** What signed-in people tried in order to read, or lose, what is not theirs. One tape that takes its time is the stage. */
describe('An attack', () => {
  const seen = verdict();
  let installation: Installation;
  let client: ScicatClient;
  let stranger: ScicatClient;
  let ledger: Ledger;

  before(async () => {
    installation = await Installation.create({
      // Putting a tar on tape takes about two seconds here: time to write into the landing zone.
      tapeLibrary: 'drives=1&scale=0.02&cartridge=40MiB',
    });
    await installation.start();
    client = await installation.client('demo');
    stranger = await installation.client('stranger');
    ledger = new Ledger(installation, client);
  });
  after(() => installation.stop(seen.failed));

  const archived = async (by: ScicatClient, pid: string) => {
    const { status, body } = await by.postJob('archive', [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    return by.jobEnd(String(body['id']), 120_000);
  };
  /** Gives a dataset a pid that the API would not give: existing catalogues hold all kinds. */
  const renamed = (from: string, to: string) =>
    installation.withDatabase('catalog-api', async (database) => {
      for (const [collection, field] of [
        ['OrigDatablock', 'datasetId'],
        ['Dataset', 'pid'],
      ] as const) {
        const rows = await database
          .collection(collection)
          .find({ [field]: from })
          .toArray();
        for (const row of rows) {
          await database.collection(collection).deleteOne({ _id: row._id });
          const id = collection === 'Dataset' ? { _id: to as unknown as typeof row._id } : {};
          await database.collection(collection).insertOne({ ...row, ...id, [field]: to });
        }
      }
    });

  it('with a pid that differs in an underscore reads and releases no foreign original', async () => {
    const victim = await datasetInLandingZone(installation, client);
    const twin = victim.pid.replace('/', '_');
    const raw = await createDataset(stranger, '/home/stranger', { ownerGroup: 'strangers' });
    await registerFiles(
      stranger,
      raw,
      victim.files.map(({ path, content }) => ({ path, size: content.length, time })),
    );
    await renamed(raw, twin);

    const files = await stranger.call<unknown[]>(
      'GET',
      `/api/v4/datasets/${encodeURIComponent(twin)}/landing-zone`,
    );
    assert.deepEqual([files.status, files.body], [200, []], 'the landing zone of the twin is empty');
    const end = await archived(stranger, twin);
    assert.equal(end.jobResultObject.bad?.[0]?.code, 'archiver.originals-incomplete', end.statusMessage);
    assert.equal(await installation.originalsLeft(victim.pid), victim.files.length);
    assert.equal((await archived(client, victim.pid)).statusCode, 'finishedSuccessful');
    await ledger.datasetIsArchived(victim);
  });

  it('by registering a foreign archive id retrieves nothing', async () => {
    const victim = await datasetInSourceFolder(installation, client);
    assert.equal((await archived(client, victim.pid)).statusCode, 'finishedSuccessful');
    const [datablock] = await client.datablocks(victim.pid);
    const thief = await createDataset(stranger, '/home/stranger', { ownerGroup: 'strangers' });
    await installation.withDatabase('catalog-api', async (database) => {
      const known = await database.collection('Datablock').findOne({ archiveId: datablock!.archiveId });
      // The index keeps archive ids apart; an archive id in other letters of the same name must not help either.
      await database.collection('Datablock').dropIndex('catena_archive_id');
      const forged = { ...known, _id: 'forged' as never, datasetId: thief, ownerGroup: 'strangers' };
      await database.collection('Datablock').insertOne(forged);
      await database
        .collection('Dataset')
        .updateOne({ pid: thief }, { $set: { 'datasetlifecycle.retrievable': true } });
    });
    const { status, body } = await stranger.postJob('retrieve', [thief]);
    assert.equal(status, 201, JSON.stringify(body));
    const end = await stranger.jobEnd(String(body['id']));
    assert.equal(end.statusCode, 'finishedUnsuccessful', end.statusMessage);
    assert.equal(end.jobResultObject.bad?.[0]?.code, 'archiver.datablock-foreign', end.statusMessage);
  });

  it('through a link to the folder of another group archives nothing', async () => {
    const foreign = join(installation.sourceFolder, '..', 'others');
    await mkdir(foreign, { recursive: true });
    await writeFile(join(foreign, 'secret'), 'secret');
    const pid = await createDataset(client, foreign);
    await registerFiles(client, pid, [{ path: 'secret', size: 6, time }]);
    const end = await archived(client, pid);
    assert.equal(end.jobResultObject.bad?.[0]?.code, 'assembly.source-refused', end.statusMessage);
  });

  it('of haste: a file uploaded again while its dataset is packed is neither lost nor released', async () => {
    // Long to pack and to verify, so that there is time for another upload in between.
    const long = { path: 'long.h5', content: randomBytes(60_000_000) };
    const files = [...sampleFiles(100_000), long];
    const dataset = await datasetInLandingZone(installation, client, files, { checksums: false });
    const [link] = await uploadLinks(client, dataset.pid, [{ path: 'big.h5', size: 100_000 }]);
    const { body } = await client.postJob('archive', [dataset.pid]);
    const id = String(body['id']);
    const tar = join(installation.shares[0]!, pidAsName(dataset.pid), id, '00000.tar');
    await until(async () => (await stat(tar).catch(() => undefined)) !== undefined);
    const newer = Buffer.alloc(100_000, 7);
    assert.equal((await fetch(link!.url, { method: 'PUT', body: newer })).status, 200);

    const end = await client.jobEnd(id, 120_000);
    assert.equal(end.statusCode, 'finishedUnsuccessful', end.statusMessage);
    assert.match(end.statusMessage, /overwritten or removed meanwhile: big\.h5/);
    assert.equal(await installation.originalsLeft(dataset.pid), files.length);
    const again = await archived(client, dataset.pid);
    assert.equal(again.statusCode, 'finishedSuccessful', again.statusMessage);
    await ledger.datasetIsArchived({
      pid: dataset.pid,
      files: files.map((file) => (file.path === 'big.h5' ? { ...file, content: newer } : file)),
    });
  });
});
