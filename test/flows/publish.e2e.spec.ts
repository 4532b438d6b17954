import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TestDataset } from '../support/datasets.js';
import { Mailbox } from '../support/mailbox.js';
import { PublicationScene } from '../support/publication-scene.js';
import {
  createPublication,
  eventually,
  publicationMetadata,
  publicationPath,
  type PublishingInstallation,
  statusOf,
} from '../support/publications.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

type Fields = Record<string, unknown>;

describe('A publication', () => {
  let scene: PublicationScene;
  let site: PublishingInstallation;
  let mailbox: Mailbox;
  let client: ScicatClient;
  let admin: ScicatClient;
  const seen = verdict();

  before(async () => {
    mailbox = await Mailbox.open();
    scene = await PublicationScene.open({
      environment: { REGISTRATION_PATIENCE: '15s', ...mailbox.environment },
    });
    ({ site, client, admin } = scene);
  });
  after(async () => {
    await site.stop(seen.failed);
    await mailbox.close();
  });

  const archived = (bytes?: number): Promise<TestDataset> => scene.archived(bytes);
  const plain = (): Promise<TestDataset> => scene.plain();
  const step = (who: ScicatClient, doi: string, name: string, body?: object) =>
    scene.step(who, doi, name, body);
  const registered = (datasets: readonly TestDataset[], more: Fields = {}): Promise<string> =>
    scene.registered(datasets, more);
  const putsOf = (doi: string): string[] => scene.putsOf(doi);
  const isPublished = (pid: string): Promise<unknown> => scene.isPublished(pid);
  const harvested = (doi: string): Promise<string> => scene.harvested(doi);

  it('is a draft DOI when it is published, and findable with a page when it is registered', async () => {
    const dataset = await archived();
    const doi = await createPublication(client, [dataset.pid]);
    assert.equal((await step(client, doi, 'publish')).status, 201);
    await eventually('a draft at DataCite', async () =>
      Promise.resolve(site.datacite.get(doi)?.state === 'draft' || undefined),
    );
    assert.equal((await site.page(doi)).status, 404);
    assert.equal(await isPublished(dataset.pid), true);

    const answer = await step(client, doi, 'register');
    assert.deepEqual(
      [answer.status, answer.body['status']],
      [201, 'registered'],
      JSON.stringify(answer.body),
    );
    assert.equal('catena' in answer.body, false, 'nothing of ours is shown');
    assert.equal(site.datacite.get(doi)?.state, 'findable');
    const page = `${site.installation.publicUrl}/doi/${doi}`;
    assert.equal(site.datacite.get(doi)?.attributes['url'], page);
    assert.deepEqual(putsOf(doi), ['metadata 201', 'register 200', 'publish 200']);
    const html = await (await site.page(doi)).text();
    assert.match(html, /Difference engines/);
    assert.match(await harvested(doi), /Lovelace, Ada/);
    const status = await statusOf(client, doi);
    assert.deepEqual([status['doiState'], status['landingPage']], ['findable', page]);
  });

  it('is published whole when registering follows its publication at once', async () => {
    const dataset = await plain();
    const dois = await Promise.all(
      Array.from({ length: 12 }, () => createPublication(client, [dataset.pid])),
    );
    await Promise.all(
      dois.map(async (doi) => {
        assert.equal((await step(client, doi, 'publish')).status, 201);
        assert.equal((await step(client, doi, 'register')).body['status'], 'registered');
        const html = await (await site.page(doi)).text();
        assert.match(html, new RegExp(dataset.files[0]!.path.split('/').at(-1)!), doi);
      }),
    );
  });

  it('has its page before its DOI is findable', async () => {
    const doi = await createPublication(client, [(await plain()).pid]);
    site.datacite.delay = 300;
    const registering = step(client, doi, 'register');
    await eventually('the page', async () => (await site.page(doi)).status === 200 || undefined);
    const state = site.datacite.get(doi)?.state;
    assert.equal(state, 'registered', 'known to doi.org, not yet announced');
    site.datacite.delay = 0;
    assert.equal((await registering).status, 201);
  });

  it('brings its files online, and they can be downloaded as they were archived', async () => {
    const dataset = await archived(3_000_000);
    const doi = await registered([dataset]);
    const tar = await eventually('copies of the files', async () => {
      const response = await fetch(`${site.installation.publicUrl}/doi/${doi}/archive.tar`);
      return response.status === 200 ? response : (await response.arrayBuffer(), undefined);
    });
    const archive = Buffer.from(await tar.arrayBuffer());
    assert.equal(archive.length, Number(tar.headers.get('content-length')));
    const folder = await mkdtemp(join(tmpdir(), 'catena-download-'));
    try {
      execFileSync('tar', ['-x', '-C', folder], { input: archive });
      execFileSync('sha256sum', ['--check', '--quiet', 'manifest-sha256.txt'], { cwd: folder });
      for (const { path, content } of dataset.files)
        assert.deepEqual(await readFile(join(folder, path)), content, path);
    } finally {
      await rm(folder, { recursive: true });
    }
    for (const { path, content } of dataset.files) {
      const file = path.split('/').map(encodeURIComponent).join('/');
      const response = await fetch(`${site.installation.publicUrl}/doi/${doi}/files/${file}`);
      assert.equal(response.status, 200, path);
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), content, path);
    }
  });

  it('that a reader asks for is brought back by a job, with progress, a page and a mail', async () => {
    const dataset = await archived();
    const doi = await registered([dataset]);
    const { publicUrl, apps } = site.installation;
    // Nothing is brought back before both mails were read.
    await apps['job-assembler'].stop();
    const ask = async (email: string): Promise<URL> => {
      const asked = await fetch(`${publicUrl}/doi/${doi}/request`, {
        method: 'POST',
        body: new URLSearchParams({ email }),
        redirect: 'manual',
      });
      assert.ok([302, 303].includes(asked.status), `${asked.status} ${await asked.text()}`);
      return new URL(asked.headers.get('location') ?? '', publicUrl);
    };
    const mailsTo = (email: string) => mailbox.mails.filter(({ to }) => to.includes(email));
    const linkTo = async (email: string): Promise<URL> => {
      const { text } = await eventually('a mail that asks to confirm', () =>
        Promise.resolve(mailsTo(email)[0]),
      );
      const [, link = ''] =
        /(http\S+\/confirm\?token=\S+)/.exec(text.replace(/=\r?\n/g, '').replace(/=3D/g, '=')) ?? [];
      return new URL(link);
    };
    const progress = await ask('reader@example.org');
    await ask('victim@example.org');
    const link = await linkTo('reader@example.org');
    await linkTo('victim@example.org');
    assert.match(await (await fetch(link)).text(), /<form method="post"/);
    const token = link.searchParams.get('token') ?? '';
    const confirmed = await fetch(new URL(link.pathname, publicUrl), {
      method: 'POST',
      body: new URLSearchParams({ token }),
      redirect: 'manual',
    });
    assert.equal(confirmed.status, 303);
    apps['job-assembler'].start();
    await eventually('the files are there', async () => {
      const response = await fetch(progress, { headers: { accept: 'application/json' } });
      return ((await response.json()) as Fields)['state'] === 'ready' || undefined;
    });
    const mail = await eventually('a mail', () => Promise.resolve(mailsTo('reader@example.org')[1]));
    assert.match(mail.text, /brought back|zurückgeholt/);
    await eventually('the other request is over', async () => {
      const open = await site.installation.withDatabase('publisher', (database) =>
        database.collection('recalls').countDocuments({ dueAt: { $exists: true } }),
      );
      return open === 0 || undefined;
    });
    assert.equal(mailsTo('victim@example.org').length, 1, 'nobody who did not confirm is written to again');
  });

  it('that DataCite refuses makes nothing public, and tells the author which field and why', async () => {
    const { pid } = await plain();
    const doi = await createPublication(client, [pid]);
    site.datacite.order('PUT', 'refuse');
    const refused = await step(client, doi, 'register');
    assert.equal(refused.status, 424);
    assert.match(JSON.stringify(refused.body), /titles: is not a title we like/);
    assert.equal(await isPublished(pid), false);
    assert.equal((await site.page(doi)).status, 404);
    assert.equal((await client.call<Fields>('GET', publicationPath(doi))).body['status'], 'private');
    const title = { title: 'A better title' };
    assert.equal((await client.call('PATCH', publicationPath(doi), title)).status, 200);
    assert.equal((await step(client, doi, 'register')).body['status'], 'registered');
    assert.equal(await isPublished(pid), true);
  });

  it('with metadata that DataCite would refuse is refused before anything is sent', async () => {
    const { pid } = await plain();
    const metadata = { ...publicationMetadata, dates: [{ date: 'yesterday', dateType: 'Issued' }] };
    const doi = await createPublication(client, [pid], { metadata });
    const { status, body } = await step(client, doi, 'register');
    assert.equal(status, 400);
    assert.match(JSON.stringify(body), /dates\[0\]/);
    assert.deepEqual(putsOf(doi), []);
  });

  it('is amended with one PUT, and stays findable', async () => {
    const doi = await registered([await plain()]);
    const before = (await site.feed.row(doi)).revision;
    assert.equal((await step(admin, doi, 'amend')).status, 201);
    const patch = { title: 'Analytical engines' };
    assert.equal((await admin.call('PATCH', publicationPath(doi), patch)).status, 200);
    assert.match(await (await site.page(doi)).text(), /Difference engines/, 'not before it is submitted');
    assert.equal((await step(admin, doi, 'register')).body['status'], 'registered');
    assert.deepEqual(putsOf(doi), ['register 201', 'publish 200', 'metadata 200']);
    assert.equal(site.datacite.get(doi)?.state, 'findable');
    assert.match(await (await site.page(doi)).text(), /Analytical engines/);
    assert.equal((await site.feed.row(doi)).revision, before + 1);
  });

  it('whose amendment DataCite did not take at first has it in the end, whichever field it is', async () => {
    const doi = await registered([await plain()]);
    assert.equal((await step(admin, doi, 'amend')).status, 201);
    const patch = { abstract: 'Some of them.' };
    assert.equal((await admin.call('PATCH', publicationPath(doi), patch)).status, 200);
    site.datacite.order('PUT', 'fail');
    assert.equal((await step(admin, doi, 'register')).body['status'], 'registered');
    assert.match(JSON.stringify(site.datacite.get(doi)?.attributes['descriptions']), /Some of them/);
    assert.deepEqual(putsOf(doi).slice(-2), ['metadata 500', 'metadata 200']);
  });

  it('that was refused is not published behind its author’s back by a retry', async () => {
    const doi = await createPublication(client, [(await plain()).pid]);
    assert.equal((await step(client, doi, 'publish')).status, 201);
    await eventually('a draft', () =>
      Promise.resolve(site.datacite.get(doi)?.state === 'draft' || undefined),
    );
    site.datacite.order('PUT', 'refuse');
    assert.equal((await step(client, doi, 'register')).status, 424);
    const row = `/${encodeURIComponent(doi)}`;
    assert.equal((await site.operate('POST', `${row}/retry`)).status, 200);
    const rested = await eventually('at rest', async () => {
      const { body } = await site.operate('GET', row);
      return body['step'] === 'none' && body['dueAt'] === undefined ? body : undefined;
    });
    assert.equal(rested['wanted'], 'draft');
    assert.equal(site.datacite.get(doi)?.state, 'draft');
    assert.equal((await site.page(doi)).status, 404);
  });

  it('that is withdrawn leaves a tombstone, a hidden DOI and a deletion for harvesters', async () => {
    const dataset = await plain();
    const doi = await registered([dataset]);
    assert.equal((await step(client, doi, 'withdraw', { reason: 'no right' })).status, 403);
    assert.equal((await step(admin, doi, 'withdraw', { reason: '' })).status, 400);
    const reason = 'The detector was calibrated wrongly.';
    assert.equal((await step(admin, doi, 'withdraw', { reason })).status, 201);
    await eventually(
      'hidden',
      async () => (await statusOf(admin, doi))['doiState'] === 'hidden' || undefined,
    );
    assert.equal(site.datacite.get(doi)?.state, 'registered', 'it goes on to resolve');
    const page = await site.page(doi);
    assert.equal(page.status, 410);
    assert.match(await page.text(), /calibrated wrongly/);
    assert.match(await harvested(doi), /status="deleted"/);
    assert.equal(await isPublished(dataset.pid), false);
    assert.equal((await client.call('PATCH', publicationPath(doi), { title: 'x' })).status, 400);
  });

  it('under embargo is public, but its files and datasets are not', async () => {
    const dataset = await archived();
    const metadata = { ...publicationMetadata, dates: [{ date: '2999-01-01', dateType: 'Available' }] };
    const doi = await registered([dataset], { metadata });
    assert.equal(await isPublished(dataset.pid), false);
    assert.equal((await site.page(doi)).status, 200);
    const file = await fetch(`${site.installation.publicUrl}/doi/${doi}/files/big.h5`);
    assert.equal(file.status, 403, await file.text());
    assert.match(await harvested(doi), /embargoedAccess/);
  });

  it('cannot be pointed elsewhere by its metadata', async () => {
    const metadata = {
      ...publicationMetadata,
      landingPage: 'evil.example.org/',
      url: 'https://evil.example.org',
    };
    const doi = await registered([await plain()], { metadata });
    assert.equal(site.datacite.get(doi)?.attributes['url'], `${site.installation.publicUrl}/doi/${doi}`);
  });

  it('of a dataset of somebody else is refused, whichever version of the API is asked', async () => {
    const stranger = await site.installation.client('stranger');
    const { pid } = await plain();
    const doi = await createPublication(stranger, [pid]);
    assert.equal((await step(stranger, doi, 'register')).status, 403);
    const v3 = await stranger.call('POST', `/api/v3/publisheddata/${encodeURIComponent(doi)}/register`);
    assert.equal(v3.status, 403);
    assert.deepEqual(putsOf(doi), []);
    assert.equal(await isPublished(pid), false);
  });
});
