import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { Browser } from '../support/browser/browser.js';
import { OpenPage } from '../support/browser/open-page.js';
import { datasetInSourceFolder, sampleFiles } from '../support/datasets.js';
import { Operations } from '../support/operations.js';
import { PublicationScene } from '../support/publication-scene.js';
import { createPublication, statusOf } from '../support/publications.js';
import { verdict } from '../support/verdict.js';

interface WorkRow {
  readonly id: string;
  readonly jobId: string;
  readonly standing?: string;
  readonly dueAt: string;
}

interface Entry {
  readonly action: string;
  readonly by: string;
  readonly outcome: string;
  readonly reason?: string;
}

interface WorkerRow {
  readonly instance: string;
  readonly works: number;
}

const told = { reason: 'a test of work' };

/** console.md 6.6 with all apps, a real browser and real people: work, queues, publications, and many jobs at once. */
describe('Operators at the console', () => {
  const seen = verdict();
  let scene: PublicationScene;
  let browser: Browser;
  let operations: Operations;
  let base: string;

  before(async () => {
    scene = await PublicationScene.open({
      console: true,
      environment: { ARCHIVER_WORKERS: '1', REGISTRATION_PATIENCE: '2s' },
    });
    const { installation } = scene.site;
    base = `http://127.0.0.1:${installation.settings.ports.console}`;
    browser = await Browser.start();
    operations = new Operations(installation);
  });
  after(async () => {
    await browser.stop();
    await scene.site.stop(seen.failed, true);
  });

  const signedIn = async (
    name: 'demo' | 'archiveManager',
    path: string,
    options: Parameters<typeof OpenPage.of>[2] = {},
  ): Promise<OpenPage> => {
    const open = await OpenPage.of(browser, base, options);
    await open.signIn(name, scene.site.installation.settings.secrets.accounts[name], path);
    return open;
  };
  const newJob = async (bytes = 100_000): Promise<string> => {
    const { installation } = scene.site;
    const { pid } = await datasetInSourceFolder(installation, scene.client, sampleFiles(bytes));
    const { status, body } = await scene.client.postJob('archive', [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  };
  const endsWell = async (id: string): Promise<void> => {
    const { statusCode, statusMessage } = await scene.client.jobEnd(id);
    assert.equal(statusCode, 'finishedSuccessful', statusMessage);
  };
  const worksOf = (id: string): Promise<WorkRow[]> =>
    operations.all<WorkRow>('archiver', `works?jobId=${id}`);
  const workers = async (): Promise<readonly WorkerRow[]> =>
    (await operations.good<{ items: WorkerRow[] }>('archiver', 'workers')).items;
  /** Says why in the dialog that is open, and does it. */
  const act = async ({ page }: OpenPage, reason?: string): Promise<void> => {
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    if (reason !== undefined) await dialog.locator('#act-reason').fill(reason);
    await dialog.locator('button[type=submit]').click();
    await dialog.waitFor({ state: 'detached' });
  };

  it('see what waits, and have it tried now', async () => {
    const [{ name: share = '' } = {}] = await operations.good<{ name: string }[]>('archiver', 'shares');
    const path = `shares/${encodeURIComponent(share)}/mode`;
    await operations.good('archiver', path, { body: { mode: 'pause', ...told } });
    const id = await newJob();
    const open = await signedIn('archiveManager', `/console/work?jobId=${id}`);
    const row = open.page.locator('table.work tbody tr').first();
    await until(async () => {
      const [work] = await worksOf(id);
      return work?.standing === 'waits' && Date.parse(work.dueAt) - Date.now() > 15_000;
    });
    await row.getByText('Waiting').waitFor();
    await row.getByText('next try').waitFor();
    await open.isSound('work that waits');
    // What stood in the way is gone, but the archiver looks again much later.
    await operations.good('archiver', path, { body: { mode: 'run', ...told } });
    await row.getByRole('button', { name: 'Try now' }).click();
    await act(open, 'the share is back');
    await endsWell(id);
    await until(async () => /No work fits the filters|Clear the filters/.test(await open.text()));
    const trail = await operations.all<Entry>('archiver', 'audit');
    const entry = trail.find(({ action }) => action === 'part.try-now');
    assert.deepEqual(
      [entry?.by, entry?.reason, entry?.outcome],
      ['archiveManager', 'the share is back', 'done'],
    );

    open.isQuiet('work');
    await open.close();
  });

  it('pause a worker, which takes nothing new then, and its owner reads why', async () => {
    const open = await signedIn('archiveManager', '/console/work');
    const row = open.page.locator('table.workers tbody tr').first();
    await row.getByRole('button', { name: /^Pause/ }).click();
    await act(open, 'the drive is being mended');
    await row.getByText('Paused').waitFor();
    await row.getByText('the drive is being mended').waitFor();
    const id = await newJob();
    const mine = await signedIn('demo', `/console/jobs/${id}`);
    await mine.says(/the drive is being mended/);
    assert.equal((await workers())[0]?.works, 0);
    const [work] = await worksOf(id);
    assert.notEqual(work?.standing, 'runs');
    await open.isSound('a paused worker');
    // Another operator says something else meanwhile: what this page has shown is not painted over.
    await row.getByRole('button', { name: /^Pause/ }).click();
    const [{ instance = '' } = {}] = await workers();
    const path = `workers/${encodeURIComponent(instance)}/mode`;
    await operations.good('archiver', path, { body: { mode: 'run', ...told } });
    const dialog = open.page.getByRole('dialog');
    await dialog.locator('#act-reason').fill('it is not');
    await dialog.locator('button[type=submit]').click();
    await dialog.getByText('It has changed meanwhile').waitFor();
    await open.page.keyboard.press('Escape');
    await endsWell(id);
    await until(async () => /Idle/.test(await row.innerText()));
    await mine.close();
    await open.close();
  });

  it('read that an app is stopped, and that messages wait for it', async () => {
    const open = await signedIn('archiveManager', '/console/queues');
    await open.says('Everything flows');
    await open.isSound('queues that flow');
    const { archiver } = scene.site.installation.apps;
    await archiver.stop();
    const id = await newJob();
    await until(async () =>
      /archiver does not answer, and .* messages? waits? for it/.test(await open.text()),
    );
    assert.match(await open.text(), /things? do(es)? not flow/);
    await open.isSound('queues that do not flow');
    archiver.start();
    await archiver.whenReady();
    await endsWell(id);
    await open.says('Everything flows');
    await open.close();
  });

  it('see why publications wait, and retry them to their end', async () => {
    const { site, client } = scene;
    const open = await signedIn('archiveManager', '/console/publications');
    await open.says('All publications are at rest');
    await open.says('The public side');
    // DataCite does not take the account: the publisher looks again much later.
    site.datacite.order('PUT', 'unauthorized');
    const late = await createPublication(client, [(await scene.plain()).pid]);
    assert.equal((await scene.step(client, late, 'register')).status, 202);
    // And it refuses the metadata of another one.
    site.datacite.order('PUT', 'refuse');
    const refused = await createPublication(client, [(await scene.plain()).pid]);
    assert.equal((await scene.step(client, refused, 'register')).status, 424);

    const rows = open.page.locator('table.publications tbody tr');
    await until(async () => (await rows.count()) === 2);
    await rows.first().getByText('Blocked').waitFor();
    assert.match(await rows.first().innerText(), new RegExp(refused));
    await rows.first().locator('summary').click();
    await rows.first().getByText('What to do').waitFor();
    await rows.nth(1).getByText('publication.registry-account').waitFor();
    await rows.nth(1).getByText('next try').waitFor();
    await open.isSound('publications that wait');

    await rows.nth(1).locator('a').first().click();
    await open.says('Where it stands');
    assert.equal(decodeURIComponent(open.page.url().split('/publications/')[1] ?? ''), late);
    await open.isSound('a publication');
    await open.page.getByRole('button', { name: /^Retry/ }).click();
    await act(open, 'the account is mended');
    await until(async () => (await statusOf(client, late))['doiState'] === 'findable');
    await open.says('At rest');
    await until(async () => !/Differs|Not yet/.test(await open.page.locator('table.places').innerText()));

    const mine = await signedIn('demo', `/console/go/${encodeURIComponent(refused)}`);
    await until(() => mine.page.url().includes('/publications/'));
    await mine.says(/is not a title we like/);
    assert.equal(await mine.page.getByRole('button', { name: /^Retry/ }).count(), 0);
    await mine.close();

    await open.go('/console/publications');
    await rows
      .first()
      .getByRole('button', { name: /^Retry/ })
      .click();
    await act(open);
    await open.says('All publications are at rest');
    await open.page.getByRole('button', { name: /^Compare/ }).click();
    await act(open, 'to be sure');
    await open.says(/publications and .* DOIs were compared/);
    open.isQuiet('publications');
    await open.close();
  });

  it('have marked jobs done again, each of which says what became of it', async () => {
    const { installation } = scene.site;
    // What is archived is not found any more: the jobs fail, and succeed when it is back.
    const pause = await operations.good('job-assembler', 'pauses', { body: { scope: 'all', ...told } });
    const ids = [await newJob(), await newJob()];
    const good = await newJob();
    const moved = `${installation.sourceFolder}.away`;
    await rename(installation.sourceFolder, moved);
    await operations.good('job-assembler', `pauses/${String(pause['id'])}`, { method: 'DELETE', body: told });
    for (const id of [...ids, good])
      assert.match((await scene.client.jobEnd(id)).statusCode, /^finished(Unsuccessful|WithDatasetErrors)$/);
    await rename(moved, installation.sourceFolder);

    const open = await signedIn('demo', '/console/jobs');
    for (const id of ids) await open.page.getByLabel(`Mark job ${id}`).check();
    const [done] = (
      await scene.client.call<{ items: { id: string; statusCode: string }[] }>(
        'GET',
        '/api/v4/jobs/rows?status=finishedSuccessful&limit=1',
      )
    ).body.items;
    await open.page.getByLabel(`Mark job ${done!.id}`).check();
    await open.page
      .locator('.marked-bar')
      .getByRole('button', { name: /^Retry/ })
      .click();
    const dialog = open.page.getByRole('dialog');
    await dialog.getByText('One marked job is left out').waitFor();
    await open.isSound('many at once');
    await act(open);
    await open.says(/2 of 2 done\. New jobs: /);
    for (const id of ids) {
      const { retriedBy = [] } = (
        await scene.client.call<{ job: { retriedBy?: string[] } }>('GET', `/api/v4/jobs/${id}/overview`)
      ).body.job;
      assert.equal(retriedBy.length, 1);
      await endsWell(retriedBy[0]!);
    }
    await open.close();
  });

  for (const [name, options] of Object.entries({
    'on a wide screen': {},
    'on a tablet at night': { viewport: { width: 768, height: 1024 }, colorScheme: 'dark' as const },
    'on a phone in German': { viewport: { width: 320, height: 700 }, locale: 'de-DE' },
  }))
    it(`have pages that are accessible and whole ${name}`, async () => {
      const doi = scene.site.datacite.all()[0]!.doi;
      const open = await signedIn('archiveManager', '/console/work', options);
      const paths = ['/work', '/work?state=done', '/queues', '/publications'];
      for (const path of [...paths, `/publications/${encodeURIComponent(doi)}`]) {
        await open.go(`/console${path}`);
        await open.page.locator('main h1').waitFor();
        await open.page.waitForLoadState('load');
        await until(async () => (await open.page.locator('main .skeleton').count()) === 0);
        await open.isSound(`${path} ${name}`);
      }
      await open.close();
    });
});
