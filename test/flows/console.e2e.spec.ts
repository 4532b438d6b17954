import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { Naming } from '#messaging';
import { until } from '#messaging/testing';
import { Browser } from '../support/browser/browser.js';
import { datasetInSourceFolder } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { OpenPage } from '../support/browser/open-page.js';
import { Operations } from '../support/operations.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const evil = '</script><img src=x onerror="window.hurt=true">\u202egpj.exe';
const told = { reason: 'a test of the console' };

/** console.md 6.12 with all apps, a real browser and real people. */
describe('The console', () => {
  const seen = verdict();
  let installation: Installation;
  let browser: Browser;
  let demo: ScicatClient;
  let operations: Operations;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  let base: string;

  before(async () => {
    installation = await Installation.create({
      console: true,
      environment: { ARCHIVER_SILENCE: '3s', ARCHIVER_WORKERS: '1' },
    });
    await installation.start();
    base = `http://127.0.0.1:${installation.settings.ports.console}`;
    browser = await Browser.start();
    demo = await installation.client('demo');
    operations = new Operations(installation);
    connection = await connect(installation.settings.services['RABBITMQ_URL'] ?? '');
    channel = await connection.createConfirmChannel();
  });
  after(async () => {
    await connection.close();
    await browser.stop();
    await installation.stop(seen.failed, true);
  });

  const passwordOf = (name: 'demo' | 'admin' | 'archiveManager' | 'stranger'): string =>
    name === 'stranger' ? 'stranger' : installation.settings.secrets.accounts[name];
  const signedIn = async (
    name: 'demo' | 'admin' | 'archiveManager' | 'stranger',
    path = '/console',
    options: Parameters<typeof OpenPage.of>[2] = {},
  ): Promise<OpenPage> => {
    const open = await OpenPage.of(browser, base, options);
    await open.go(path);
    await signIn(open, name, passwordOf(name));
    await open.page.locator('header.top').waitFor();
    return open;
  };
  const signIn = async ({ page }: OpenPage, name: string, password: string): Promise<void> => {
    await page.locator('#username').fill(name);
    await page.locator('#password').fill(password);
    await page.locator('form button[type=submit]').first().click();
  };
  const newJob = async (files?: Parameters<typeof datasetInSourceFolder>[2]): Promise<string> => {
    const { pid } = await datasetInSourceFolder(installation, demo, files);
    const { status, body } = await demo.postJob('archive', [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  };
  const pause = async (): Promise<string> =>
    String((await operations.good('job-assembler', 'pauses', { body: { scope: 'all', ...told } }))['id']);
  const resume = (id: string): Promise<unknown> =>
    operations.good('job-assembler', `pauses/${id}`, { method: 'DELETE', body: told });
  /** Gives the archiver a message about the job that it cannot know. */
  const parkMessageOf = async (jobId: string): Promise<void> => {
    const { prefix } = installation.settings;
    const body = {
      ...{ specversion: '1.0', id: randomUUID(), source: '/catena/job-assembler', subject: 's', sequence: 0 },
      ...{ time: new Date().toISOString(), datacontenttype: 'application/json', partitionkey: 'p' },
      ...{ type: 'archival.archive-datablock.v9', data: { jobId, note: evil } },
    };
    const userId = new Naming(prefix).accountOf('job-assembler');
    channel.sendToQueue(`${prefix}.archiver.inbox`, Buffer.from(JSON.stringify(body)), {
      ...{ messageId: body.id, userId, persistent: true, type: body.type },
    });
    await channel.waitForConfirms();
    await until(async () => {
      const { items } = await operations.good<{ items: unknown[] }>('archiver', `parking-lot?jobId=${jobId}`);
      return items.length > 0;
    });
  };

  it('takes a password, and shows its token nowhere (4)', async () => {
    const open = await OpenPage.of(browser, base);
    await open.go('/console/jobs?unfinished=true');
    await open.says('Sign in');
    await open.isSound('sign-in');
    await signIn(open, 'demo', 'wrong');
    await open.says('do not belong together');
    const texts: string[] = [];
    open.page.on('response', (response) => {
      if (response.url().includes('/console/api/') && !response.url().includes('/events'))
        void response.text().then(
          (text) => texts.push(text),
          () => undefined,
        );
    });
    await signIn(open, 'demo', passwordOf('demo'));
    await open.page.locator('header.top').waitFor();
    await until(() => open.page.url().includes('/console/jobs'));
    assert.match(open.page.url(), /\/console\/jobs\?unfinished=true$/, 'where one wanted to go');
    const kept = await open.page.evaluate<string>(
      'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, history.state])',
    );
    assert.deepEqual((JSON.parse(kept) as unknown[])[0], '');
    for (const text of [kept, ...texts, open.page.url()]) assert.doesNotMatch(text, /eyJ[\w-]{10,}\./);
    open.isQuiet('sign-in');

    await open.page.context().request.delete(`${base}/console/api/session`, {
      headers: { 'x-catena-console': '1', origin: base },
    });
    await open.go('/console/jobs');
    await open.says('Sign in');
    await open.close();
  });

  it('says within seconds that no archiver has taken a job, and forgets it without a reload (1)', async () => {
    const { archiver } = installation.apps;
    await archiver.stop();
    const id = await newJob();
    const mine = await signedIn('demo', `/console/jobs/${id}`);
    const theirs = await signedIn('archiveManager', '/console');
    await mine.says(/no sign of life of any archiver|No archiver has accepted/i);
    await theirs.says(/archiver/);
    await until(async () => /does not answer/.test(await theirs.text()));
    archiver.start();
    await archiver.whenReady();
    await demo.jobEnd(id);
    await until(async () => !/accepted its work/.test(await mine.text()));
    await mine.says(/Finished|finishedSuccessful|Done/);
    mine.isQuiet('the job');
    theirs.isQuiet('the overview');
    await mine.close();
    await theirs.close();
  });

  it('shows a person the own jobs, and nothing of those of others (5)', async () => {
    const hold = await pause();
    const id = await newJob();
    const stranger = await signedIn('stranger', `/console/jobs/${id}`);
    await until(async () => /could not be loaded|no such job|may not/i.test(await stranger.text()));
    await stranger.go('/console/jobs');
    await stranger.says(/No job is here/);
    await stranger.go('/console/messages');
    await stranger.says(/may not see this/);
    const answer = await stranger.page.context().request.get(`${base}/console/api/jobs/${id}/trail`);
    assert.ok([403, 404].includes(answer.status()), String(answer.status()));
    await stranger.close();

    // What people do to it stands in the page at once, with who and why (6).
    const open = await signedIn('admin', `/console/jobs/${id}`);
    await open.says(/paused/i);
    await open.page
      .getByRole('button', { name: /^Cancel/ })
      .first()
      .click();
    const dialog = open.page.getByRole('dialog');
    await dialog.locator('#act-reason').fill('the wrong run');
    await dialog.locator('button[type=submit]').click();
    await dialog.waitFor({ state: 'detached' });
    await open.says('the wrong run');
    const mine = await signedIn('demo', `/console/jobs/${id}`);
    await mine.says('the wrong run');
    assert.match(await mine.text(), /admin/);
    await resume(hold);
    assert.equal((await demo.jobEnd(id)).statusCode, 'jobCancel');
    await until(async () => /cancelled/i.test(await open.text()));
    open.isQuiet('a cancel');
    await open.close();
    await mine.close();
  });

  it('shows what could not be handled, as text whatever it holds, and takes a decision (8, 15)', async () => {
    const hold = await pause();
    const id = await newJob();
    await parkMessageOf(id);
    const open = await signedIn('archiveManager', '/console/messages');
    await open.says('messaging.unknown-type');
    await open.isSound('messages');
    await open.go(`/console/jobs/${id}`);
    await open.says(/could not be handled/);
    await open.go(`/console/go/${id}`);
    await until(() => open.page.url().endsWith(`/console/jobs/${id}`));
    const { items } = await operations.good<{ items: { _id: string }[] }>(
      'archiver',
      `parking-lot?jobId=${id}`,
    );
    await open.go(`/console/messages/archiver/${encodeURIComponent(items[0]!._id)}`);
    await open.says(/archival.archive-datablock.v9/);
    await until(async () => (await open.text()).includes('onerror'));
    assert.equal(await open.page.evaluate('window.hurt'), undefined);
    assert.equal(await open.page.locator('main img').count(), 0);
    await open.isSound('a message');
    await open.page
      .getByRole('button', { name: /^Discard/ })
      .first()
      .click();
    const dialog = open.page.getByRole('dialog');
    await dialog.locator('button[type=submit]').click();
    await dialog.getByRole('alert').first().waitFor();
    await dialog.locator('#act-reason').fill('nobody needs it');
    await dialog.locator('button[type=submit]').click();
    await dialog.waitFor({ state: 'detached' });
    await open.says(/discarded/i);
    await open.go('/console/audit');
    await open.says('nobody needs it');
    await open.isSound('audit');
    await open.close();
    await resume(hold);
    await demo.jobEnd(id);
  });

  for (const [name, options] of Object.entries({
    'on a wide screen': {},
    'on a tablet at night': { viewport: { width: 768, height: 1024 }, colorScheme: 'dark' as const },
    'on a phone in German': { viewport: { width: 320, height: 700 }, locale: 'de-DE' },
  }))
    it(`is accessible and whole ${name} (13)`, async () => {
      const { items } = (await demo.call<{ items: { id: string }[] }>('GET', '/api/v4/jobs/rows?limit=1'))
        .body;
      const open = await signedIn('admin', '/console', options);
      const paths = ['', '/jobs', `/jobs/${items[0]!.id}`, '/messages', '/audit', '/me', '/nowhere'];
      for (const path of paths) {
        await open.go(`/console${path}`);
        await open.page.locator('main h1').waitFor();
        await open.page.waitForLoadState('load');
        await until(async () => (await open.page.locator('main .skeleton').count()) === 0);
        await open.isSound(`${path} ${name}`);
      }
      await open.close();
    });

  it('is walked through by keyboard alone (13)', async () => {
    const open = await signedIn('demo');
    const { page } = open;
    await page.keyboard.press('g');
    await page.keyboard.press('j');
    await until(() => page.url().includes('/console/jobs'));
    await page.locator('main [role=row], main tr, main li').nth(1).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await until(() => /\/console\/jobs\/[\w-]{36}/.test(page.url()));
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    open.isQuiet('the keyboard');
    await open.close();
  });

  it('comes back by itself after it was started anew, and misses nothing (11)', async () => {
    const hold = await pause();
    const id = await newJob();
    const open = await signedIn('demo', `/console/jobs/${id}`);
    await open.says(/paused/i);
    const { console: app } = installation.apps;
    await app.stop();
    await resume(hold);
    await demo.jobEnd(id);
    app.start();
    await app.whenReady();
    await until(async () => !/paused/i.test((await open.text()).split('What happened')[0] ?? ''));
    await open.says(/Finished|finishedSuccessful|Done/);
    await open.close();
  });

  it('opens while the catalogue is away: operators go on, and what is missing is said (14)', async () => {
    const open = await signedIn('archiveManager');
    const { 'catalog-api': catalogue } = installation.apps;
    await catalogue.stop();
    await open.go('/console/messages');
    await open.page.locator('main h1').waitFor();
    await until(async () => /catalog-api/.test(await open.text()));
    await open.go('/console');
    await open.page.locator('main h1').waitFor();
    await until(async () => /does not answer/.test(await open.text()));
    await open.isSound('without the catalogue');
    catalogue.start();
    await catalogue.whenReady();
    await open.go('/console/jobs');
    await until(async () => (await open.page.locator('main a[href*="/console/jobs/"]').count()) > 0);
    await open.close();
  });
});
