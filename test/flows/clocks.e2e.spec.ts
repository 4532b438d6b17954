import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '#messaging/testing';
import { datasetInSourceFolder, sampleFiles, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const hook = fileURLToPath(new URL('../support/shifted-clock.js', import.meta.url));
/** Hundreds of leases, and less than object stores forgive. */
const minutes = 60_000;
type Clocks = Partial<Record<'catalog-api' | 'job-assembler' | 'archiver', number>>;

describe('With clocks that are wrong', () => {
  const seen = verdict();
  const folder = mkdtempSync(join(tmpdir(), 'catena-clocks-'));
  const file = join(folder, 'clocks.json');
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;

  before(async () => {
    await clocksAre({});
    installation = await Installation.create({
      environment: { NODE_OPTIONS: `--import=${hook}`, CATENA_TEST_CLOCK_FILE: file },
    });
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
  });
  after(async () => {
    await installation.stop(seen.failed);
    rmSync(folder, { recursive: true });
  });

  async function clocksAre(clocks: Clocks): Promise<void> {
    await writeFile(`${file}.new`, JSON.stringify(clocks));
    await rename(`${file}.new`, file);
  }
  const datasets = (count: number): Promise<TestDataset[]> =>
    Promise.all(
      Array.from({ length: count }, () => datasetInSourceFolder(installation, client, sampleFiles(200_000))),
    );
  async function posted(type: string, sets: readonly TestDataset[]): Promise<string> {
    const { status, body } = await client.postJob(
      type,
      sets.map(({ pid }) => pid),
    );
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  }
  async function ends(id: string): Promise<void> {
    await client.jobEnd(id, 120_000);
    await ledger.jobEndedOnce(id, 'finishedSuccessful');
  }

  for (const [story, clocks] of [
    ['one app is ahead and another behind', { archiver: 10 * minutes, 'job-assembler': -10 * minutes }],
    ['they are the other way round', { archiver: -10 * minutes, 'job-assembler': 10 * minutes }],
    ['the catalogue is ahead', { 'catalog-api': 10 * minutes }],
  ] as const)
    it(`jobs end once, and all bytes are there, while ${story}`, async () => {
      await clocksAre(clocks);
      const sets = await datasets(2);
      for (const type of ['archive', 'verify', 'retrieve']) await ends(await posted(type, sets));
      for (const set of sets) await ledger.datasetIsArchived(set);
      await clocksAre({});
    });

  it('jobs end once while clocks jump to and fro', async () => {
    const jumps = [10, -10, 5, 0, -5, 10, 0].map((by) => by * minutes);
    const sets = await datasets(6);
    const jobs = await Promise.all(sets.map((set) => posted('archive', [set])));
    let left = jobs.length;
    const ended = Promise.all(jobs.map((id) => ends(id).finally(() => (left -= 1))));
    for (let jump = 0; left > 0; jump += 1) {
      const [by = 0, other = 0] = [jumps[jump % jumps.length], jumps[(jump + 3) % jumps.length]];
      await clocksAre({ archiver: by, 'job-assembler': other, 'catalog-api': -by });
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await clocksAre({});
    await ended;
    for (const set of sets) await ledger.datasetIsArchived(set);
  });

  it('an object store that takes no request of such a time is waited for', async () => {
    const [set] = (await datasets(1)) as [TestDataset];
    await ends(await posted('archive', [set]));
    await clocksAre({ archiver: 120 * minutes });
    const id = await posted('retrieve', [set]);
    await until(() =>
      installation.withDatabase('archiver', async (database) => {
        const work = await database.collection('works').findOne({ jobId: id });
        return /clock of this machine/.test(JSON.stringify(work?.['fault']));
      }),
    );
    assert.notEqual((await client.job(id)).statusCode, 'finishedUnsuccessful');
    await clocksAre({});
    await ends(id);
  });
});
