import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '#messaging/testing';
import { Browser } from '../support/browser/browser.js';
import { OpenPage } from '../support/browser/open-page.js';
import { datasetInSourceFolder, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Operations } from '../support/operations.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const hook = fileURLToPath(new URL('../support/shifted-clock.js', import.meta.url));
const minute = 60_000;
/** Fields of the dialog that are to be filled in, by their labels. */
type Fields = Readonly<Record<string, string>>;

/** console.md 6.12, rows 9 and 10, and what is paused and limited: by people, in the browser, with all apps. */
describe('The console, for those who keep the archive', () => {
  const seen = verdict();
  const folder = mkdtempSync(join(tmpdir(), 'catena-console-'));
  const clockFile = join(folder, 'clocks.json');
  let installation: Installation;
  let browser: Browser;
  let demo: ScicatClient;
  let operations: Operations;
  let base: string;
  let set: TestDataset;
  let archiveId: string;

  before(async () => {
    await archiverIsAhead(0);
    installation = await Installation.create({
      ...{ console: true, shares: 2 },
      environment: {
        ...{ LTS_COPIES: '2', RETRIEVED_LIFETIME: '5m', REFERENCE_PATIENCE: '1s' },
        ...{ NODE_OPTIONS: `--import=${hook}`, CATENA_TEST_CLOCK_FILE: clockFile },
      },
    });
    await installation.start();
    base = `http://127.0.0.1:${installation.settings.ports.console}`;
    browser = await Browser.start();
    demo = await installation.client('demo');
    operations = new Operations(installation);
    set = await archived();
    const [datablock] = await demo.datablocks(set.pid);
    archiveId = (datablock as unknown as { archiveId: string }).archiveId;
  });
  after(async () => {
    await browser.stop();
    await installation.stop(seen.failed, true);
    rmSync(folder, { recursive: true });
  });

  async function archiverIsAhead(archiver: number): Promise<void> {
    await writeFile(`${clockFile}.new`, JSON.stringify({ archiver }));
    await rename(`${clockFile}.new`, clockFile);
  }
  async function posted(type: string, { pid }: TestDataset): Promise<string> {
    const { status, body } = await demo.postJob(type, [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  }
  async function ended(type: string, dataset: TestDataset) {
    const job = await demo.jobEnd(await posted(type, dataset));
    assert.equal(job.statusCode, 'finishedSuccessful', job.statusMessage);
    return job;
  }
  async function archived(): Promise<TestDataset> {
    const files = [{ path: 'a', content: randomBytes(200_000) }];
    const made = await datasetInSourceFolder(installation, demo, files);
    await ended('archive', made);
    return made;
  }
  const share = (index: number): string => installation.shares[index]!;
  const fileOn = (index: number): string => join(share(index), archiveId);
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  async function sha256Of(url: string): Promise<string> {
    const response = await fetch(url);
    assert.equal(response.status, 200);
    return sha256(new Uint8Array(await response.arrayBuffer()));
  }

  const signedIn = async (
    name: 'demo' | 'admin' | 'archiveManager',
    path: string,
    options: Parameters<typeof OpenPage.of>[2] = {},
  ): Promise<OpenPage> => {
    const open = await OpenPage.of(browser, base, options);
    await open.signIn(name, installation.settings.secrets.accounts[name], path);
    return open;
  };
  const datasetPage = (): string => `/console/datasets/${encodeURIComponent(set.pid)}`;
  /** Opens the dialog behind a button, fills it in, and sends it. */
  const act = async (
    { page }: OpenPage,
    button: string | RegExp,
    fields: Fields = {},
    reason = '',
  ): Promise<void> => {
    await page.locator('main').getByRole('button', { name: button }).first().click();
    const dialog = page.getByRole('dialog');
    for (const [label, value] of Object.entries(fields)) await dialog.getByLabel(label).fill(value);
    if (reason !== '') await dialog.locator('#act-reason').fill(reason);
    await dialog.locator('button[type=submit]').click();
  };
  const done = async (...wanted: Parameters<typeof act>): Promise<void> => {
    const [open] = wanted;
    await act(...wanted);
    await open.page.getByRole('dialog').waitFor({ state: 'detached' });
  };
  const shows = async (open: OpenPage, text: RegExp): Promise<void> => {
    await until(async () => text.test(await open.text()), 60_000).catch(async () =>
      assert.fail(`expected ${text}, found ${await open.text()}`),
    );
  };
  const cardOf = ({ page }: OpenPage, index: number) =>
    page.locator('main .share').filter({ hasText: share(index) });
  /** A time as a field of the browser takes it. */
  const fieldTime = (time: Date): string => {
    const local = new Date(time.getTime() - time.getTimezoneOffset() * minute);
    return local.toISOString().slice(0, 16);
  };

  it('shows that a copy was damaged on disk, and has it mended from the other (9)', async () => {
    const good = sha256(await readFile(fileOn(1)));
    const open = await signedIn('archiveManager', datasetPage());
    await open.says('All 2 copies were read back, and are good');
    await writeFile(fileOn(0), randomBytes(200_000));
    await done(open, /^Verify/);
    // The archiver's news bring it into the page: nothing is loaded anew.
    await shows(open, /One copy is not good/);
    await open.says('Each of its datablocks has one good copy at least, and one has no more.');
    await open.isSound('a damaged copy');

    const storage = await signedIn('admin', '/console/storage?state=damaged');
    await shows(storage, new RegExp(`${set.pid}[^]*Damaged[^]*expected SHA-256`));
    await storage.page.locator('main td a').first().click();
    await storage.says('One copy is not good');

    const job = await ended('retrieve', set);
    const [entry] = job.jobResultObject.result as readonly { url: string }[];
    assert.equal(await sha256Of(entry!.url), good);

    await act(open, /^Repair/);
    const dialog = open.page.getByRole('dialog');
    await dialog.getByText(/removed when its time is over/).waitFor();
    await dialog.getByText('Give a reason of 3 to 500 letters.').waitFor();
    await dialog.locator('#act-reason').fill('the disk is bad');
    await dialog.locator('button[type=submit]').click();
    await dialog.waitFor({ state: 'detached' });
    await shows(open, /All 2 copies were read back, and are good/);
    assert.equal(sha256(await readFile(fileOn(0))), good);
    await shows(storage, /All 2 copies were read back, and are good/);
    await storage.go('/console/audit');
    await storage.says('the disk is bad');
    open.isQuiet('a repair');
    storage.isQuiet('storage');
    await open.close();
    await storage.close();
  });

  it('shows the file that was set aside, and removes it for good when it is told to', async () => {
    const open = await signedIn('admin', '/console/storage');
    const row = open.page
      .locator('main tr')
      .filter({ has: open.page.getByRole('button', { name: /^Remove/ }) });
    await row.first().waitFor();
    assert.equal(await row.count(), 1);
    await row.getByText('Kept').waitFor();
    await open.isSound('a file that was set aside');
    await row.getByRole('button', { name: /^Remove/ }).click();
    const dialog = open.page.getByRole('dialog');
    await dialog.locator('#act-reason').fill('its room is needed');
    await dialog.locator('button[type=submit]').click();
    await dialog.waitFor({ state: 'detached' });
    await open.says('No file is set aside.');
    await open.close();
  });

  it('says why a copy cannot be mended where no other one is good (9)', async () => {
    const content = await readFile(fileOn(1));
    for (const index of [0, 1]) await writeFile(fileOn(index), randomBytes(1000));
    const open = await signedIn('archiveManager', datasetPage());
    await done(open, /^Verify/);
    await shows(open, /One datablock has no good copy/);
    await act(open, /^Repair/, {}, 'the disk is bad');
    const alert = open.page.getByRole('dialog').getByRole('alert');
    await alert.getByText(/Expected another copy of .* that is good/).waitFor();
    await alert.getByText('archiver.no-good-copy').first().waitFor();
    await open.isSound('a repair that is refused');
    await open.page.keyboard.press('Escape');
    for (const index of [0, 1]) await writeFile(fileOn(index), content);
    await done(open, /^Verify/);
    await shows(open, /All 2 copies were read back, and are good/);
    await open.close();
  });

  it('has the copies verified that were proven longest ago', async () => {
    const open = await signedIn('admin', '/console/storage');
    await cardOf(open, 0)
      .getByRole('button', { name: /^Verify the oldest/ })
      .click();
    await open.page.getByRole('dialog').locator('button[type=submit]').click();
    await open.says(/1 of 1 were asked for/);
    await open.close();
  });

  it('pauses a share: who waits for it reads by whom, why and until when', async () => {
    const open = await signedIn('archiveManager', '/console/storage');
    await cardOf(open, 0)
      .getByRole('button', { name: /^Pause/ })
      .click();
    const dialog = open.page.getByRole('dialog');
    await dialog.locator('#act-reason').fill('drive 3 is out');
    await dialog.locator('button[type=submit]').click();
    await dialog.waitFor({ state: 'detached' });
    await cardOf(open, 0).getByText('Paused').waitFor();
    const jobId = await posted('verify', set);
    const mine = await signedIn('demo', `/console/jobs/${jobId}`);
    await shows(mine, /archiveManager[^]*drive 3 is out/);

    // Another operator sees it, and ends it by the page.
    const other = await signedIn('admin', '/console/storage');
    await cardOf(other, 0).getByText('drive 3 is out').waitFor();
    await cardOf(other, 0)
      .getByRole('button', { name: /^Run again/ })
      .click();
    const again = other.page.getByRole('dialog');
    await again.locator('#act-reason').fill('drive 3 is back');
    await again.locator('button[type=submit]').click();
    await again.waitFor({ state: 'detached' });
    await cardOf(open, 0).getByText('Open').waitFor();
    const [work] = await operations.all<{ id: string; standing?: string }>(
      'archiver',
      `works?jobId=${encodeURIComponent(jobId)}`,
    );
    if (work?.standing === 'waits')
      await operations.good('archiver', `works/${encodeURIComponent(work.id)}/try-now`, { body: {} });
    assert.equal((await demo.jobEnd(jobId)).statusCode, 'finishedSuccessful');
    for (const page of [open, mine, other]) await page.close();
  });

  it('changes a limit, and says who was faster where that has changed meanwhile', async () => {
    const open = await signedIn('archiveManager', '/console/limits');
    const row = open.page.locator('main tr').filter({ hasText: 'All work' }).filter({ hasText: 'Change' });
    await row.getByRole('button', { name: /^Change/ }).click();
    const dialog = open.page.getByRole('dialog');
    await dialog.getByLabel('New value').fill('12');
    await dialog.locator('#act-reason').fill('drive 3 is out');
    // While the dialog stands, another operator changes them.
    const { etag } = await operations.call('job-assembler', 'limits');
    await operations.good('job-assembler', 'limits', {
      ...{ method: 'PUT', headers: { 'if-match': etag ?? '' }, as: 'olga' },
      body: { limits: { perGroup: 7 }, reason: 'a quiet night' },
    });
    await dialog.locator('button[type=submit]').click();
    await dialog.getByText('It has changed meanwhile, and nothing was done').waitFor();
    await dialog.getByText(/olga changed/).waitFor();
    await open.isSound('a limit that has changed');
    await open.page.keyboard.press('Escape');
    await shows(open, /olga[^]*a quiet night/);
    assert.doesNotMatch(await open.text(), /of 12/);

    await row.getByRole('button', { name: /^Change/ }).click();
    await dialog.getByLabel('New value').fill('12');
    await dialog.locator('#act-reason').fill('drive 3 is out');
    await dialog.locator('button[type=submit]').click();
    await dialog.waitFor({ state: 'detached' });
    await shows(open, /of 12/);
    await done(open, /^Back to configured/, {}, 'drive 3 is back');
    await until(async () => !/of 12/.test(await open.text()));

    await act(open, /^Pause something/, { 'Its name, or the id of the job': 'no-such-target' }, 'a test');
    await dialog.getByText(/Expected a target of ROUTES_FILE/).waitFor();
    await open.close();
  });

  it('pauses a group with its job waiting, and lets it go on', async () => {
    const open = await signedIn('archiveManager', '/console/limits');
    await open.page.getByRole('button', { name: /^Pause something/ }).click();
    const dialog = open.page.getByRole('dialog');
    await dialog.getByLabel('What', { exact: true }).selectOption({ label: 'A group' });
    await dialog.locator('#act-reason').fill('the group asked for it');
    await dialog.locator('button[type=submit]').click();
    await dialog.getByText('Nothing can be done without it.').waitFor();
    await dialog.getByLabel(/^Its name/).fill('demo-group');
    await dialog.locator('button[type=submit]').click();
    await dialog.waitFor({ state: 'detached' });
    await open.says('Group demo-group');
    const jobId = await posted('verify', set);
    const mine = await signedIn('demo', `/console/jobs/${jobId}`);
    await shows(mine, /the group asked for it/);
    await done(open, /^End/, {}, 'it is over');
    await open.says('Nothing is paused.');
    assert.equal((await demo.jobEnd(jobId)).statusCode, 'finishedSuccessful');
    await open.close();
    await mine.close();
  });

  it('keeps a retrieved copy while others go in time, and gives a new link to it (10)', async () => {
    const other = await archived();
    await ended('retrieve', other);
    await ended('retrieve', set);
    const left = (dataset: TestDataset) =>
      operations.all<{ expiresAt?: string; jobs: readonly string[] }>(
        'archiver',
        `retrieved?pid=${encodeURIComponent(dataset.pid)}`,
      );
    const open = await signedIn('archiveManager', datasetPage());
    const tooLate = new Date(Date.now() + 1000 * 24 * 60 * minute);
    await act(open, /^Keep longer/);
    const dialog = open.page.getByRole('dialog');
    await dialog.getByText('Nothing can be done without it.').waitFor();
    await dialog.getByLabel('Keep it until').fill(fieldTime(tooLate));
    await dialog.locator('button[type=submit]').click();
    await dialog.getByText(/RETRIEVED_LIFETIME_MOST\), found/).waitFor();
    const end = new Date(Math.ceil((Date.now() + 60 * minute) / minute) * minute);
    await dialog.getByLabel('Keep it until').fill(fieldTime(end));
    await dialog.locator('button[type=submit]').click();
    await dialog.waitFor({ state: 'detached' });
    await open.says(/It stays until/);

    await archiverIsAhead(9 * minute);
    await until(async () => (await left(other)).length === 0, 150_000);
    const [still] = await left(set);
    assert.equal(still?.expiresAt, end.toISOString());
    assert.ok(still.jobs.includes('operations'));
    await open.go(datasetPage());
    await done(open, /^New link/);
    const link = open.page.locator('.link-once a');
    await link.waitFor();
    await open.says('It is shown this once and kept nowhere');
    await open.isSound('a link');
    const href = (await link.getAttribute('href')) ?? '';
    assert.equal(await sha256Of(href), sha256(await readFile(fileOn(1))));
    await open.go(datasetPage());
    await open.page.locator('main h1').waitFor();
    assert.equal(await open.page.locator('.link-once').count(), 0, 'kept nowhere');
    const kept = await open.page.evaluate<string>('JSON.stringify([{ ...localStorage }, history.state])');
    assert.doesNotMatch(kept, /X-Amz/);
    await open.close();
    await archiverIsAhead(0);
  });

  it('lets the owner of a job have its copies for longer, with new links', async () => {
    const job = await ended('retrieve', set);
    const mine = await signedIn('demo', `/console/jobs/${job.id}`);
    const before = (job.jobResultObject.result as readonly { url: string }[])[0]?.url;
    await done(mine, /^Keep longer, new links/);
    await until(async () => {
      const { jobResultObject } = await demo.job(job.id);
      return (jobResultObject.result as readonly { url: string }[])[0]?.url !== before;
    });
    const { jobResultObject } = await demo.job(job.id);
    const { url } = (jobResultObject.result as readonly { url: string }[])[0]!;
    await until(async () => (await mine.page.locator(`main a[href="${url}"]`).count()) === 1);
    // The owner's page of the dataset has what the catalogue says, and nothing of operators.
    await mine.go(datasetPage());
    await mine.says('What the catalogue says');
    assert.doesNotMatch(await mine.text(), /New link|Verify…|Copy on/);
    await mine.isSound('the dataset of its owner');
    await mine.close();
  });

  for (const [name, options] of Object.entries({
    'on a wide screen': {},
    'on a tablet at night': { viewport: { width: 768, height: 1024 }, colorScheme: 'dark' as const },
    'on a phone in German at night': {
      ...{ viewport: { width: 320, height: 700 }, locale: 'de-DE', colorScheme: 'dark' as const },
    },
  }))
    it(`is accessible and whole ${name} (13)`, async () => {
      const open = await signedIn('admin', '/console', options);
      for (const path of ['/console/storage', datasetPage(), '/console/limits']) {
        await open.go(path);
        await open.page.locator('main h1').waitFor();
        await until(async () => (await open.page.locator('main .skeleton').count()) === 0);
        await open.isSound(`${path} ${name}`);
      }
      await open.close();
    });

  it('finds the page of a dataset by its pid', async () => {
    const open = await signedIn('demo', `/console/go/${encodeURIComponent(set.pid)}`);
    await until(() => open.page.url().endsWith(datasetPage()));
    await open.says('What the catalogue says');
    await open.close();
  });
});
