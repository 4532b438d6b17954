import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PublicationScene } from '../support/publication-scene.js';
import {
  createPublication,
  eventually,
  publicationPath,
  statusOf,
  type PublishingInstallation,
} from '../support/publications.js';
import type { TestDataset } from '../support/datasets.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

type Fields = Record<string, unknown>;

describe('A publication in bad times', () => {
  let scene: PublicationScene;
  let site: PublishingInstallation;
  let client: ScicatClient;
  const seen = verdict();

  before(async () => {
    scene = await PublicationScene.open({ environment: { REGISTRATION_PATIENCE: '15s' } });
    ({ site, client } = scene);
  });
  after(() => site.stop(seen.failed));

  const plain = (): Promise<TestDataset> => scene.plain();
  const step = (who: ScicatClient, doi: string, name: string) => scene.step(who, doi, name);
  const registered = (datasets: readonly TestDataset[]): Promise<string> => scene.registered(datasets);
  const putsOf = (doi: string): string[] => scene.putsOf(doi);
  const isPublished = (pid: string): Promise<unknown> => scene.isPublished(pid);

  it('whose answer is lost is registered all the same, without a second try being refused', async () => {
    const doi = await createPublication(client, [(await plain()).pid]);
    site.datacite.order('PUT', 'lose-answer');
    assert.equal((await step(client, doi, 'register')).body['status'], 'registered');
    // Read back, found done, not sent again.
    assert.deepEqual(putsOf(doi), ['register 201', 'publish 200']);
    assert.equal(
      site.datacite.requests.filter(({ method }) => method === 'POST').length,
      0,
      'an upsert is never a POST',
    );
  });

  it('waits through an outage of DataCite, and says so', async () => {
    const { pid } = await plain();
    const doi = await createPublication(client, [pid]);
    site.datacite.away = true;
    const pending = step(client, doi, 'register');
    await eventually('a reason to be read', async () => {
      const { registration } = await statusOf(client, doi);
      return /did not answer/.test(String((registration as Fields | undefined)?.['message'])) || undefined;
    });
    assert.equal((await pending).status, 202);
    assert.equal((await client.call('PATCH', publicationPath(doi), { title: 'x' })).status, 409);
    assert.equal(await isPublished(pid), false);
    site.datacite.away = false;
    await eventually(
      'registered',
      async () =>
        (await client.call<Fields>('GET', publicationPath(doi))).body['status'] === 'registered' || undefined,
    );
    assert.equal(await isPublished(pid), true);
  });

  it('is found and mended wherever it was lost: at DataCite, in the public store, on the way', async () => {
    const doi = await registered([await plain()]);
    const amended = await registered([await plain()]);
    assert.equal((await step(scene.admin, amended, 'amend')).status, 201);
    const listed = async (name: string): Promise<string> =>
      (await fetch(`${site.installation.publicUrl}/doi/${name}/files`)).text();
    const compare = async (): Promise<Fields> => {
      const { status, body } = await site.operate('POST', '/compare');
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    };
    site.datacite.tamper(doi, { url: 'https://evil.example.org' });
    assert.equal((await compare())['drifted'], 1);
    await eventually('the address is ours again', () =>
      Promise.resolve(
        site.datacite.get(doi)?.attributes['url'] === `${site.installation.publicUrl}/doi/${doi}` ||
          undefined,
      ),
    );
    const before = await site.digest();
    const files = await listed(amended);
    assert.match(files, /manifest[.]json/);
    await site.forgetPublicStore();
    assert.deepEqual(await site.digest(), []);
    assert.equal((await compare())['unpushed'], before.length);
    await eventually('all are back, as they were', async () => {
      const digests = (await site.digest()).map(({ doi: name, digest, state }) => ({
        name,
        digest,
        state,
      }));
      const wanted = before.map(({ doi: name, digest, state }) => ({ name, digest, state }));
      return JSON.stringify(digests) === JSON.stringify(wanted) || undefined;
    });
    assert.equal(await listed(amended), files, 'the file list of the record that is being amended');
    const quiet = await compare();
    assert.deepEqual([quiet['missed'], quiet['unpushed'], quiet['drifted']], [0, 0, 0]);
  });

  it('that could not be pushed appears by itself when the public store is back', async () => {
    const server = site.installation.apps['publication-server'];
    await server.stop('SIGKILL');
    const { pid } = await plain();
    const dois = await Promise.all(Array.from({ length: 20 }, () => createPublication(client, [pid])));
    const answers = dois.map((doi) => step(client, doi, 'register'));
    await eventually('all are registered at DataCite', () =>
      Promise.resolve(dois.every((doi) => site.datacite.get(doi)?.state === 'registered') || undefined),
    );
    server.start();
    await server.whenReady();
    await Promise.all(answers);
    for (const doi of dois) {
      await eventually(
        `${doi} is registered`,
        async () =>
          (await client.call<Fields>('GET', publicationPath(doi))).body['status'] === 'registered' ||
          undefined,
      );
      assert.equal((await site.page(doi)).status, 200);
      assert.equal((await site.feed.row(doi)).revision, 1);
      assert.deepEqual(putsOf(doi), ['register 201', 'publish 200']);
    }
  });
});
