import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { Naming } from '#messaging';
import { until } from '#messaging/testing';
import { DirectoryServer } from '../scicat/support/directory-server.js';
import { ConsolePeople, operatorPages } from '../support/browser/console-people.js';
import { datasetInSourceFolder } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { OpenPage } from '../support/browser/open-page.js';
import type { Operations } from '../support/operations.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const evil = '</script><img src=x onerror="window.hurt=true">\u202egpj.exe';
const anna = {
  ...{ uid: 'mueller_a', displayName: 'Anna Müller', mail: 'anna@facility.example' },
  password: 'the password of anna',
};

/** console.md 6.12 with all apps, a real browser and real people. */
describe('The console', () => {
  const seen = verdict();
  let installation: Installation;
  let people: ConsolePeople;
  let demo: ScicatClient;
  let operations: Operations;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  let directory: DirectoryServer;

  before(async () => {
    directory = await DirectoryServer.start([anna]);
    installation = await Installation.create({
      console: true,
      environmentOf: {
        'catalog-api': directory.environment,
        console: { CONSOLE_SIGN_IN: 'local,ldap' },
      },
      environment: { ARCHIVER_SILENCE: '3s', ARCHIVER_WORKERS: '1' },
    });
    await installation.start();
    people = await ConsolePeople.before(installation);
    ({ demo, operations } = people);
    connection = await connect(installation.settings.services['RABBITMQ_URL'] ?? '');
    channel = await connection.createConfirmChannel();
  });
  after(async () => {
    await connection.close();
    await people.stop();
    await installation.stop(seen.failed, true);
    await directory.stop();
  });

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
    const open = await OpenPage.of(people.browser, people.base);
    await open.go('/console/jobs?unfinished=true');
    await open.says('Sign in');
    await open.isSound('sign-in');
    await open.fillIn('demo', 'wrong');
    await open.says('do not belong together');
    const texts: string[] = [];
    open.page.on('response', (response) => {
      if (response.url().includes('/console/api/') && !response.url().includes('/events'))
        void response.text().then(
          (text) => texts.push(text),
          () => undefined,
        );
    });
    await open.fillIn('demo', people.passwordOf('demo'));
    await open.page.locator('header.top').waitFor();
    await until(() => open.page.url().includes('/console/jobs'));
    assert.match(open.page.url(), /\/console\/jobs\?unfinished=true$/, 'where one wanted to go');
    const kept = await open.page.evaluate<string>(
      'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, history.state])',
    );
    assert.deepEqual((JSON.parse(kept) as unknown[])[0], '');
    for (const text of [kept, ...texts, open.page.url()]) assert.doesNotMatch(text, /eyJ[\w-]{10,}\./);
    open.isQuiet('sign-in');

    await open.page.context().request.delete(`${people.base}/console/api/session`, {
      headers: { 'x-catena-console': '1', origin: people.base },
    });
    await open.go('/console/jobs');
    await open.says('Sign in');
    await open.close();
  });

  it('takes the account of a directory, and ends when its person signs out elsewhere (4)', async () => {
    const open = await OpenPage.of(people.browser, people.base);
    await open.go('/console/me');
    await open.fillIn(anna.uid, anna.password, 'ldap');
    await open.says(anna.displayName);
    const kept = await open.page.evaluate<string>('JSON.stringify([document.cookie, { ...localStorage }])');
    assert.doesNotMatch(kept + open.page.url(), /eyJ[\w-]{10,}\./);
    // The same session in another window of the same person.
    const { cookies } = await open.page.context().storageState();
    const other = await OpenPage.of(people.browser, people.base, { storageState: { cookies, origins: [] } });
    await other.go('/console/jobs');
    await other.page.locator('header.top').waitFor();
    const { status } = await other.page.evaluate<{ status: number }>(
      `fetch('/console/api/session', { method: 'DELETE', headers: { 'x-catena-console': '1' } }).then(({ status }) => ({ status }))`,
    );
    assert.equal(status, 204);
    await open.says('You were signed out');
    await open.close();
    await other.close();
  });

  it('says within seconds that no archiver has taken a job, and forgets it without a reload (1)', async () => {
    const { archiver } = installation.apps;
    await archiver.stop();
    const id = await people.newJob();
    const mine = await people.signedIn('demo', `/console/jobs/${id}`);
    const theirs = await people.signedIn('archiveManager', '/console');
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
    const hold = await people.pause();
    const id = await people.newJob();
    const stranger = await people.signedIn('stranger', `/console/jobs/${id}`);
    await until(async () => /could not be loaded|no such job|may not/i.test(await stranger.text()));
    await stranger.go('/console/jobs');
    await stranger.says(/No job is here/);
    await stranger.go('/console/messages');
    await stranger.says(/may not see this/);
    const answer = await stranger.page.context().request.get(`${people.base}/console/api/jobs/${id}/trail`);
    assert.ok([403, 404].includes(answer.status()), String(answer.status()));
    await stranger.close();

    // What people do to it stands in the page at once, with who and why (6).
    const open = await people.signedIn('admin', `/console/jobs/${id}`);
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
    const mine = await people.signedIn('demo', `/console/jobs/${id}`);
    await mine.says('the wrong run');
    assert.match(await mine.text(), /admin/);
    await people.resume(hold);
    assert.equal((await demo.jobEnd(id)).statusCode, 'jobCancel');
    await until(async () => /cancelled/i.test(await open.text()));
    open.isQuiet('a cancel');
    await open.close();
    await mine.close();
  });

  it('shows what could not be handled, as text whatever it holds, and takes a decision (8, 15)', async () => {
    const hold = await people.pause();
    const id = await people.newJob();
    await parkMessageOf(id);
    const open = await people.signedIn('archiveManager', '/console/messages');
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
    await people.resume(hold);
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
      const open = await people.signedIn('admin', '/console', options);
      const paths = ['', '/jobs', `/jobs/${items[0]!.id}`, ...operatorPages, '/me', '/nowhere'];
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
    const open = await people.signedIn('demo');
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

  it('leads from what is wrong to why, and to another try, by keyboard alone (13)', async () => {
    const { pid } = await datasetInSourceFolder(installation, demo);
    await rm(installation.sourceFolder, { recursive: true });
    await mkdir(installation.sourceFolder);
    const { body } = await demo.postJob('archive', [pid]);
    const failed = await demo.jobEnd(String(body['id']));
    assert.equal(failed.statusCode, 'finishedUnsuccessful', failed.statusMessage);
    const open = await people.signedIn('demo');
    const { page } = open;
    for (const key of ['g', 'j']) await page.keyboard.press(key);
    await page.locator(`main a[href$="/console/jobs/${failed.id}"]`).first().waitFor();
    const isThere = (): Promise<boolean> =>
      page.evaluate<boolean>(`document.activeElement?.getAttribute('href') === '/console/jobs/${failed.id}'`);
    for (let rows = 0; rows < 50 && !(await isThere()); rows += 1) await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await open.says(/Expected|found|missing/);
    await page.keyboard.press('.');
    const word = (): Promise<string> => page.evaluate<string>('document.activeElement?.textContent ?? ""');
    for (let buttons = 0; buttons < 10 && !(await word()).startsWith('Retry'); buttons += 1)
      await page.keyboard.press('Tab');
    assert.match(await word(), /^Retry/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    const isConfirm = (): Promise<boolean> =>
      page.evaluate<boolean>('document.activeElement?.getAttribute("type") === "submit"');
    for (let fields = 0; fields < 10 && !(await isConfirm()); fields += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await until(async () => {
      const { items } = (
        await demo.call<{ items: { retryOf?: string }[] }>('GET', '/api/v4/jobs/rows?limit=20')
      ).body;
      return items.some(({ retryOf }) => retryOf === failed.id);
    });
    open.isQuiet('a retry by keyboard');
    await open.close();
  });
});
