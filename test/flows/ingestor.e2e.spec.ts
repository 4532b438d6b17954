import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Wire } from '../chaos/wire.js';
import type { TestFile } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { smallFiles } from '../support/ingestor/ingested-files.js';
import type { IngestorStep } from '../support/ingestor/ingestor.js';
import { ingested, IngestorStage, mebibyte } from '../support/ingestor/ingestor-stage.js';
import { Ledger } from '../support/ledger.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

/** Bytes that each of the small data sets lists, and that all of them together may take at once. */
const small = 100_000;
const littleSpace = 10 * small + 50_000;
/** Milliseconds. */
const tokenLifetime = 6000;

describe('An Ingestor', () => {
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;
  let stage: IngestorStage;
  let storage: Wire;
  const seen = verdict();

  before(async () => {
    storage = await Wire.to('object store', process.env['S3_ENDPOINT'] ?? '');
    const services = { ...process.env, S3_ENDPOINT: storage.url } as Record<string, string>;
    installation = await Installation.create({
      services,
      environmentOf: {
        'catalog-api': {
          // Over before a long file is.
          INGESTOR_TOKEN_LIFETIME: `${tokenLifetime}ms`,
          // The client sends all files at once.
          INGESTOR_TRANSFERS: '6',
        },
      },
    });
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
    stage = new IngestorStage(installation, client);
  });
  after(async () => {
    await installation.stop(seen.failed);
    await storage.end();
  });

  const isArchived = async (pid: string, files: readonly TestFile[]): Promise<void> => {
    const id = await stage.archiveJob(pid);
    const end = await client.jobEnd(id);
    assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
    await ledger.jobEndedOnce(id, 'finishedSuccessful');
    await ledger.datasetIsArchived({ pid, files });
  };

  it('sends 200 MiB in parts and 200 small files, ends in the middle, and another one brings it to its end', async () => {
    const files = [{ path: 'movie.mrc', content: randomBytes(200 * mebibyte) }, ...smallFiles(200)];
    const death = new AbortController();
    let pid = '';
    let parts = 0;
    const first = await stage.ingestor({
      gone: death.signal,
      onStep: (step: IngestorStep) => {
        if (step.kind === 'registered') ({ pid } = step);
        if (step.kind === 'put' && step.path === 'movie.mrc') parts += 1;
        if (parts >= 10 && first.stored.size >= 80) death.abort(new Error('the process was killed'));
      },
    });
    await assert.rejects(first.ingest(ingested(files)), /killed/);
    assert.ok(first.stored.size >= 80 && first.stored.size < files.length, `${first.stored.size} stored`);
    const { archivable } = (await client.dataset(pid)).datasetlifecycle;
    assert.equal(archivable, false);

    const second = await stage.ingestor();
    await second.upload(pid, ingested(files), first.stored);
    assert.equal(second.stored.size, files.length - first.stored.size);
    await isArchived(pid, files);
  });

  it('completes a long file with the token that has expired meanwhile', async () => {
    const files = [{ path: 'movie.mrc', content: randomBytes(12 * mebibyte) }, ...smallFiles(3)];
    let completed = 0;
    const ingestor = await stage.ingestor({
      chunkSize: 6 * mebibyte,
      onStep: async (step) => {
        if (step.kind === 'begun' && step.path === 'movie.mrc') await sleep(tokenLifetime + 1000);
        if (step.kind === 'completed') completed = step.status;
      },
    });
    const pid = await ingestor.ingest(ingested(files));
    // A client of this kind would take a refusal for a success.
    assert.equal(completed, 201);
    await isArchived(pid, files);
  });

  it('goes on by itself when the object store was away', async () => {
    const files = [{ path: 'movie.mrc', content: randomBytes(48 * mebibyte) }];
    let parts = 0;
    const ingestor = await stage.ingestor({
      chunkSize: 6 * mebibyte,
      poolSize: 2,
      onStep: async (step) => {
        if (step.kind !== 'put' || (parts += 1) !== 3) return;
        storage.close();
        void sleep(1500).then(() => storage.heal());
        await sleep(0);
      },
    });
    const pid = await ingestor.ingest(ingested(files));
    assert.ok(ingestor.troubles.puts > 0, 'a part was sent again');
    await isArchived(pid, files);
  });

  it('is one of twenty that come at once, and waits its turn', async (test) => {
    const narrow = await installation.another('catalog-api', { INGESTOR_SPACE: `${littleSpace}B` });
    test.after(() => narrow.stop());
    const crowd = new IngestorStage(installation, client, new URL(narrow.options.readyUrl).origin);
    const sets = Array.from({ length: 20 }, () => [{ path: 'sub/frame.tiff', content: randomBytes(small) }]);
    let refusals = 0;
    let most = 0;
    let over = false;
    const watch = (async () => {
      while (!over) {
        const taken = [...(await stage.holds()).values()].reduce((sum, bytes) => sum + bytes, 0);
        most = Math.max(most, taken);
        await sleep(20);
      }
    })();
    const pids = await Promise.all(
      sets.map(async (files) => {
        const ingestor = await crowd.ingestor({
          onStep: ({ kind }) => void (kind === 'refused' && (refusals += 1)),
        });
        return ingestor.ingest(ingested(files));
      }),
    ).finally(() => (over = true));
    await watch;
    assert.ok(most > small && most <= littleSpace, `up to ${most} of ${littleSpace} bytes were taken`);
    assert.ok(refusals > 0, 'nobody had to wait');
    for (const [index, pid] of pids.entries()) await isArchived(pid, sets[index]!);
    await stage.everythingIsReleased();
  });
});
