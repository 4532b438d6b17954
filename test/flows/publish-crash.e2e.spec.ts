import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppName } from '../../tools/start/src/index.js';
import { datasetInSourceFolder, sampleFiles, type TestDataset } from '../support/datasets.js';
import { dyingAt } from '../support/dying-at.js';
import {
  createPublication,
  eventually,
  publicationPath,
  PublishingInstallation,
  statusOf,
} from '../support/publications.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

type Fields = Record<string, unknown>;

/** Every named crash point on the way of a registration, with the process that passes it. */
const registrationPoints: readonly (readonly [AppName, string])[] = [
  ['catalog-api', 'catalog.after-publication-step'],
  ['catalog-api', 'outbox.before-publish'],
  ['catalog-api', 'outbox.before-mark'],
  ['catalog-api', 'catalog.before-registered'],
  ['catalog-api', 'consumer.before-inbox-record'],
  ['catalog-api', 'consumer.before-ack'],
  ['publisher', 'publisher.after-note'],
  ['publisher', 'consumer.before-inbox-record'],
  ['publisher', 'consumer.before-ack'],
  ['publisher', 'publisher.before-put'],
  ['publisher', 'publisher.after-put'],
  ['publisher', 'publisher.mid-list'],
  ['publisher', 'publisher.before-push'],
  ['publisher', 'publisher.after-push'],
  ['publisher', 'publisher.before-report'],
  ['publisher', 'publisher.after-report'],
  ['publisher', 'outbox.before-publish'],
  ['publisher', 'outbox.before-mark'],
  ['publication-server', 'public.after-write'],
];

const recallPoints: readonly (readonly [AppName, string])[] = [
  ['publisher', 'publisher.after-recall-job'],
  ['publisher', 'publisher.after-copies'],
];

const withdrawalPoints: readonly (readonly [AppName, string])[] = [
  ['catalog-api', 'catalog.after-publication-step'],
  ['publisher', 'publisher.after-put'],
  ['publisher', 'publisher.after-push'],
  ['publication-server', 'public.after-write'],
];

describe('A process of publication that is killed', () => {
  let site: PublishingInstallation;
  let client: ScicatClient;
  let admin: ScicatClient;
  let dataset: TestDataset;
  const seen = verdict();

  before(async () => {
    site = await PublishingInstallation.start({ environment: { REGISTRATION_PATIENCE: '1s' } });
    client = await site.installation.client('demo');
    admin = await site.installation.client('admin');
    dataset = await archived();
  });
  after(() => site.stop(seen.failed));

  async function archived(): Promise<TestDataset> {
    const made = await datasetInSourceFolder(site.installation, client, sampleFiles(100_000));
    const { body } = await client.postJob('archive', [made.pid]);
    assert.equal((await client.jobEnd(String(body['id']))).statusCode, 'finishedSuccessful');
    return made;
  }

  /** The client asks again when the connection broke: the same wish, once more. */
  async function ask(who: ScicatClient, doi: string, step: string, body?: object): Promise<void> {
    for (const until = Date.now() + 240_000; Date.now() < until;) {
      const answer = await who
        .call<Fields>('POST', `${publicationPath(doi)}/${step}`, body)
        .catch(() => undefined);
      if (answer !== undefined && answer.status < 500) return;
      await sleep(100);
    }
    assert.fail(`nobody answered ${step} of ${doi}`);
  }

  const recordOf = async (doi: string): Promise<Fields> =>
    (await client.call<Fields>('GET', publicationPath(doi))).body;

  /** Registered and pushed exactly once in its outcome, and all places say the same. */
  async function isRegisteredOnce(doi: string): Promise<void> {
    await eventually(
      `${doi} is registered`,
      async () => (await recordOf(doi))['status'] === 'registered' || undefined,
    );
    await eventually('nothing is left to do', async () => {
      const { items: open } = (await site.operate('GET', '')).body as unknown as {
        items: { doi: string }[];
      };
      return open.every((one) => one.doi !== doi) || undefined;
    });
    const { state, attributes } = site.datacite.get(doi)!;
    const { doiState, landingPage } = await statusOf(client, doi);
    assert.deepEqual([state, doiState, attributes['url']], ['findable', 'findable', landingPage]);
    const row = await site.feed.row(doi);
    assert.equal(row.state, 'published');
    const rows = (await site.digest()).filter((one) => one.doi === doi);
    assert.equal(rows.length, 1);
    const requests = site.datacite.requests.filter((request) => request.doi === doi);
    assert.deepEqual(
      requests.filter(({ method, status }) => method === 'PUT' && status >= 400),
      [],
      'nothing was refused',
    );
    // A repetition after a crash reads back before it sends again.
    const registering = requests.filter(({ event }) => event === 'register').length;
    assert.ok(registering === 1 || registering === 2, `registered by ${registering} PUTs`);
    assert.equal((await site.page(doi)).status, 200);
    const files = await fetch(`${site.installation.publicUrl}/doi/${doi}/manifest-sha256.txt`);
    assert.equal((await files.text()).trim().split('\n').length, dataset.files.length);
  }

  for (const [app, point] of registrationPoints) {
    it(`${app} at ${point} registers and shows it once`, async () => {
      // A list that is there already is not sent again.
      const { pid } = point === 'publisher.mid-list' ? await archived() : dataset;
      const doi = await createPublication(client, [pid]);
      await dyingAt(site.installation, app, point, async () => {
        await ask(client, doi, 'register');
        await isRegisteredOnce(doi);
      });
      await isRegisteredOnce(doi);
    });
  }

  for (const [app, point] of recallPoints) {
    it(`${app} at ${point} brings the files back all the same`, async () => {
      const { pid, files } = await archived();
      const doi = await createPublication(client, [pid]);
      // Files of a new publication are brought online by themselves.
      await dyingAt(site.installation, app, point, async () => {
        await ask(client, doi, 'register');
        await isRegisteredOnce(doi);
        await eventually('the files are there', async () => {
          const response = await fetch(`${site.installation.publicUrl}/doi/${doi}/archive.tar`, {
            method: 'HEAD',
          });
          return response.status === 200 || undefined;
        });
      });
      const [file] = files;
      const path = file!.path.split('/').map(encodeURIComponent).join('/');
      const response = await fetch(`${site.installation.publicUrl}/doi/${doi}/files/${path}`);
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), file!.content);
    });
  }

  for (const [app, point] of withdrawalPoints) {
    it(`${app} at ${point} withdraws it everywhere`, async () => {
      const doi = await createPublication(client, [dataset.pid]);
      await ask(client, doi, 'register');
      await isRegisteredOnce(doi);
      await dyingAt(site.installation, app, point, async () => {
        await ask(admin, doi, 'withdraw', { reason: 'A test.' });
        await eventually(
          'hidden everywhere',
          async () => (await statusOf(admin, doi))['doiState'] === 'hidden' || undefined,
        );
      });
      assert.equal(site.datacite.get(doi)?.state, 'registered');
      assert.equal((await site.feed.row(doi)).state, 'withdrawn');
      assert.equal((await site.page(doi)).status, 410);
    });
  }
});
