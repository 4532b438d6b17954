import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { dyingAt } from '../support/dying-at.js';
import { Installation } from '../support/installation.js';
import { smallFiles } from '../support/ingestor/ingested-files.js';
import { IngestorStage, mebibyte } from '../support/ingestor/ingestor-stage.js';
import { Ledger } from '../support/ledger.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

/** Every crash point on the way of an upload. */
const points = [
  'ingestor.after-reserve',
  'ingestor.after-begun',
  'ingestor.after-bytes',
  'ingestor.after-put-together',
  'ingestor.after-complete',
  'ingestor.after-archivable',
  'ingestor.after-job',
];

describe('An upload during which catalog-api is killed', () => {
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;
  let stage: IngestorStage;
  const seen = verdict();

  before(async () => {
    installation = await Installation.create();
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
    stage = new IngestorStage(installation, client);
  });
  after(() => installation.stop(seen.failed));

  for (const point of points)
    it(`at ${point} ends well, with one job and every byte`, async () => {
      const files = [{ path: 'movie.mrc', content: randomBytes(7 * mebibyte) }, ...smallFiles(5)];
      const pid = await stage.registered(files);
      await dyingAt(installation, 'catalog-api', point, () => stage.untilItIsDone(pid, files));
      const id = await stage.archiveJob(pid);
      const end = await client.jobEnd(id);
      assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
      await ledger.jobEndedOnce(id, 'finishedSuccessful');
      await ledger.datasetIsArchived({ pid, files });
    });

  it('keeps no room for any of them in the end', () => stage.everythingIsReleased());
});
