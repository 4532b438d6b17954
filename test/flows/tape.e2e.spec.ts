import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { datasetInSourceFolder, sampleFiles, sha256, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import { Whys } from '../support/operations.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

/**
 * The first copy of everything lies in a simulated tape library with one drive, where changing a cartridge takes about
 * as long as a worker's lease; the second one on a share.
 */
describe('With tapes', () => {
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;
  let whys: Whys;
  const seen = verdict();

  before(async () => {
    installation = await Installation.create({
      shares: 2,
      // Two minutes to change a cartridge are 2.6 s here; a dataset of the tests fills one.
      tapeLibrary: 'drives=1&scale=0.02&cartridge=400KiB',
      environment: { LTS_COPIES: '2', ARCHIVER_WORKERS: '3' },
    });
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
    whys = new Whys(installation);
  });
  after(() => installation.stop(seen.failed));

  /** Written whole, as another process reads it. */
  async function libraryIs(faults: object): Promise<void> {
    const file = join(dirname(installation.shares[0]!), 'faults.json');
    await writeFile(`${file}.new`, JSON.stringify(faults));
    await rename(`${file}.new`, file);
  }
  const dataset = (): Promise<TestDataset> =>
    datasetInSourceFolder(installation, client, sampleFiles(300_000));
  async function posted(type: string, pids: readonly string[]): Promise<string> {
    const { status, body } = await client.postJob(type, pids);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  }
  async function ended(id: string, statusCode = 'finishedSuccessful') {
    const job = await client.jobEnd(id, 120_000);
    assert.equal(job.statusCode, statusCode, job.statusMessage);
    return job;
  }
  async function archived(count: number, meanwhile: readonly string[] = []): Promise<TestDataset[]> {
    const sets = await Promise.all(Array.from({ length: count }, dataset));
    const id = await posted(
      'archive',
      sets.map(({ pid }) => pid),
    );
    await Promise.all(meanwhile.map((code) => whys.says(id, code)));
    await ended(id);
    for (const set of sets) await ledger.datasetIsArchived(set);
    return sets;
  }
  /** Retrieves them all and compares each tar with the one that was verified. */
  async function areRetrieved(sets: readonly TestDataset[]): Promise<void> {
    const { jobResultObject } = await ended(
      await posted(
        'retrieve',
        sets.map(({ pid }) => pid),
      ),
    );
    const results = jobResultObject.result ?? [];
    assert.deepEqual(results.map(({ datasetId }) => datasetId).sort(), sets.map(({ pid }) => pid).sort());
    for (const result of results) {
      const bytes = Buffer.from(await (await fetch(result.url)).arrayBuffer());
      assert.equal(bytes.length, result.size);
      assert.equal(sha256(bytes), (result as unknown as { sha256: string }).sha256);
    }
  }

  it('datasets are archived and retrieved, however long a mount takes', async () => {
    await areRetrieved(await archived(5, ['work.running', 'work.queued']));
  });

  it('a damaged cartridge costs nothing while another copy is good, and a verification finds it', async () => {
    const sets = await archived(1);
    await libraryIs({ damaged: ['*'] });
    try {
      await areRetrieved(sets);
      const { jobResultObject } = await ended(
        await posted(
          'verify',
          sets.map(({ pid }) => pid),
        ),
        'finishedUnsuccessful',
      );
      const [bad] = jobResultObject.bad ?? [];
      assert.equal(bad?.code, 'archiver.copy-damaged');
      assert.match(bad.message, /cartridge \w+ damaged/);
    } finally {
      await libraryIs({});
    }
  });

  it('a library that is offline makes jobs wait, not fail', async () => {
    await libraryIs({ offline: true });
    const set = await dataset();
    const id = await posted('archive', [set.pid]);
    const { headline } = await whys.waitsFor(id, 'work.waiting');
    assert.equal(headline?.facts['code'], 'long-term-storage.unavailable');
    assert.equal((await client.job(id)).statusCode, 'inProgress');
    await libraryIs({});
    await ended(id);
    await ledger.datasetIsArchived(set);
  });

  it('an archiver that waits for a cartridge stops at once, and goes on after its start', async () => {
    const sets = await archived(2);
    const id = await posted(
      'retrieve',
      sets.map(({ pid }) => pid),
    );
    await whys.says(id, 'work.tape');
    // What one job recalls already, another one does not recall again.
    const same = await posted(
      'retrieve',
      sets.map(({ pid }) => pid),
    );
    await whys.says(same, 'work.shared-recall');
    const { archiver } = installation.apps;
    await archiver.stop('SIGTERM', 90_000);
    assert.notEqual(archiver.exit?.signal, 'SIGKILL', 'it had to be killed');
    archiver.start();
    await archiver.whenReady();
    for (const one of [id, same]) await ended(one);
  });
});
