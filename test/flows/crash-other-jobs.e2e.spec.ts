import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AppName } from '../../tools/start/src/index.js';
import { until } from '#messaging/testing';
import { datasetInLandingZone, datasetInSourceFolder } from '../support/datasets.js';
import { dyingAt } from '../support/dying-at.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const retrievePoints: readonly (readonly [AppName, string])[] = [
  ['archiver', 'archiver.mid-retrieve'],
  ['archiver', 'archiver.after-retrieve'],
  ['archiver', 'archiver.before-report'],
  ['job-assembler', 'assembler.after-task-end'],
];

const certificatePoints: readonly (readonly [AppName, string])[] = [
  ['archiver', 'archiver.after-certificate'],
  ['catalog-api', 'catalog.after-certificate'],
];

const resetPoints: readonly (readonly [AppName, string])[] = [
  ['catalog-api', 'catalog.after-insert'],
  ['catalog-api', 'catalog.before-reset'],
  ['catalog-api', 'catalog.after-reset'],
  ['catalog-api', 'outbox.before-publish'],
  ['job-assembler', 'assembler.after-task-start'],
  ['job-assembler', 'assembler.after-task-end'],
  ['job-assembler', 'assembler.after-set-aside'],
  ['job-assembler', 'consumer.before-ack'],
  ['archiver', 'archiver.before-report'],
];

describe('A process that is killed while it retrieves, resets, certifies or releases', () => {
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;
  const seen = verdict();

  before(async () => {
    installation = await Installation.create();
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
  });
  after(() => installation.stop(seen.failed));

  for (const [app, point] of retrievePoints) {
    it(`${app} at ${point} retrieves all the same`, async () => {
      const dataset = await datasetInSourceFolder(installation, client);
      const archived = await client.jobEnd(
        String((await client.postJob('archive', [dataset.pid])).body['id']),
      );
      assert.equal(archived.statusCode, 'finishedSuccessful', archived.statusMessage);
      const end = await dyingAt(installation, app, point, async () =>
        client.jobEnd(String((await client.postJob('retrieve', [dataset.pid])).body['id'])),
      );
      await ledger.jobEndedOnce(end.id, 'finishedSuccessful');
      assert.equal(
        (await client.dataset(dataset.pid)).datasetlifecycle['retrieveStatusMessage'],
        'datasetRetrieved',
      );
      const [copy] = end.jobResultObject.result ?? [];
      assert.ok(copy);
      assert.equal((await (await fetch(copy.url)).arrayBuffer()).byteLength, copy.size);
    });
  }

  for (const [app, point] of certificatePoints) {
    it(`${app} at ${point} issues the certificate all the same, and one`, async () => {
      const dataset = await datasetInSourceFolder(installation, client);
      const end = await dyingAt(installation, app, point, async () =>
        client.jobEnd(String((await client.postJob('archive', [dataset.pid])).body['id'])),
      );
      assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
      const path = `/api/v4/datasets/${encodeURIComponent(dataset.pid)}/certificates`;
      const states = async (): Promise<string[]> =>
        ((await client.patiently('GET', path)).body as unknown as { state: string }[]).map(
          ({ state }) => state,
        );
      await until(async () => (await states()).length > 0);
      assert.deepEqual(await states(), ['valid']);
    });
  }

  for (const [app, point] of resetPoints) {
    it(`${app} at ${point} resets all the same, and what is archived next stays`, async () => {
      const dataset = await datasetInSourceFolder(installation, client);
      const ended = async (type: string): Promise<string> => {
        const key = { 'idempotency-key': `${type} ${app} ${point}` };
        const body = { type, jobParams: {}, datasetList: [{ pid: dataset.pid, files: [] }] };
        const { status, body: job } = await client.patiently('POST', '/api/v3/Jobs', body, key);
        assert.equal(status, 201, JSON.stringify(job));
        const end = await client.jobEnd(String(job['id']));
        assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
        return end.id;
      };
      await ended('archive');
      const id = await dyingAt(installation, app, point, () => ended('reset'));
      await ledger.jobEndedOnce(id, 'finishedSuccessful');
      assert.deepEqual(await client.datablocks(dataset.pid), []);
      const key = { 'idempotency-key': `again ${app} ${point}` };
      const again = await client.postJob('archive', [dataset.pid], key);
      const end = await client.jobEnd(String(again.body['id']));
      assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
      await ledger.datasetIsArchived(dataset);
    });
  }

  it('archiver at archiver.mid-release goes on releasing, and only what was archived', async () => {
    const files = Array.from({ length: 600 }, (_, index) => ({
      path: `f${index}`,
      content: Buffer.from(`${index}`),
    }));
    const dataset = await datasetInLandingZone(installation, client, files);
    const end = await dyingAt(installation, 'archiver', 'archiver.mid-release', async () =>
      client.jobEnd(String((await client.postJob('archive', [dataset.pid])).body['id'])),
    );
    await ledger.jobEndedOnce(end.id, 'finishedSuccessful');
    await ledger.datasetIsArchived(dataset);
    await until(async () => (await installation.originalsLeft(dataset.pid)) === 0);
  });
});
