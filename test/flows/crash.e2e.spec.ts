import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AppName } from '../../tools/start/src/index.js';
import { datasetInLandingZone, datasetInSourceFolder } from '../support/datasets.js';
import { dyingAt } from '../support/dying-at.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

/** Every named crash point on the way of an archive job, with the process that passes it. */
const archivePoints: readonly (readonly [AppName, string])[] = [
  ['catalog-api', 'catalog.after-insert'],
  ['catalog-api', 'outbox.before-publish'],
  ['catalog-api', 'outbox.before-mark'],
  ['catalog-api', 'consumer.before-inbox-record'],
  ['catalog-api', 'consumer.before-ack'],
  ['catalog-api', 'catalog.before-registration'],
  ['catalog-api', 'catalog.after-registration'],
  ['job-assembler', 'assembler.after-accept'],
  ['job-assembler', 'assembler.after-announce'],
  ['job-assembler', 'assembler.after-task-start'],
  ['job-assembler', 'assembler.after-plan'],
  ['job-assembler', 'assembler.after-release'],
  ['job-assembler', 'assembler.after-result'],
  ['job-assembler', 'assembler.after-task-end'],
  ['job-assembler', 'assembler.after-release-originals'],
  ['job-assembler', 'assembler.after-finish'],
  ['job-assembler', 'outbox.before-publish'],
  ['job-assembler', 'outbox.before-mark'],
  ['job-assembler', 'consumer.before-inbox-record'],
  ['job-assembler', 'consumer.before-ack'],
  ['archiver', 'archiver.after-accept'],
  ['archiver', 'long-term-storage.mid-write'],
  ['archiver', 'long-term-storage.after-rename'],
  ['archiver', 'archiver.mid-verification'],
  ['archiver', 'archiver.after-verification'],
  ['archiver', 'archiver.before-report'],
  ['archiver', 'archiver.after-end'],
  ['archiver', 'outbox.before-publish'],
  ['archiver', 'outbox.before-mark'],
  ['archiver', 'consumer.before-inbox-record'],
  ['archiver', 'consumer.before-ack'],
];

describe('A process that is killed', () => {
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;
  const seen = verdict();

  before(async () => {
    installation = await Installation.create({ environment: { ORPHAN_CLAIM_AGE: '6s' } });
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
  });
  after(() => installation.stop(seen.failed));

  for (const [app, point] of archivePoints) {
    it(`${app} at ${point} loses no job and no byte`, async () => {
      const dataset = await datasetInLandingZone(installation, client);
      const id = await dyingAt(installation, app, point, async () => {
        const key = { 'idempotency-key': `${app} ${point}` };
        const body = { type: 'archive', jobParams: {}, datasetList: [{ pid: dataset.pid, files: [] }] };
        const { status, body: job } = await client.patiently('POST', '/api/v3/Jobs', body, key);
        assert.equal(status, 201, JSON.stringify(job));
        const end = await client.jobEnd(String(job['id']));
        assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
        return end.id;
      });
      await ledger.jobEndedOnce(id, 'finishedSuccessful');
      await ledger.datasetIsArchived(dataset);
    });
  }

  for (const point of ['catalog.after-posted', 'catalog.after-claim', 'catalog.after-list'])
    it(`catalog-api at ${point}, before a job is accepted, leaves the dataset free and the key unused`, async () => {
      const dataset = await datasetInSourceFolder(installation, client);
      const key = { 'idempotency-key': `accepted ${point}` };
      await dyingAt(installation, 'catalog-api', point, () =>
        assert.rejects(client.postJob('archive', [dataset.pid], key)),
      );
      // Refused until the sweep has found what the crash left (ORPHAN_CLAIM_AGE).
      const { status, body } = await client.patiently('POST', '/api/v3/Jobs', archiveBody(dataset.pid), key);
      assert.equal(status, 201, JSON.stringify(body));
      await client.jobEnd(String(body['id']));
      await ledger.datasetIsArchived(dataset);
    });
});

function archiveBody(pid: string): object {
  return { type: 'archive', jobParams: {}, datasetList: [{ pid, files: [] }] };
}
