import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { mailOptionsFrom } from '#mail';
import { createLogger } from '#observability';
import { Mailbox } from '../../../../test/support/mailbox.js';
import { freePorts } from '../../../../test/support/free-ports.js';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { JobMailRecords } from '../persistence/job-mail-records.js';
import { JobRecords } from '../persistence/job-records.js';
import type { JobMailKind, JobRecord } from '../persistence/records.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { jobOf, silentRelay, start } from '../testing/samples.js';
import { JobMailTexts } from './job-mail-texts.js';
import { JobMails } from './job-mails.js';

const notified = {
  ...{ _id: 'p', ownerGroup: 'g', archiveEmailNotification: true, retrieveEmailNotification: false },
  archiveEmailsToBeNotified: ['group@example.org'],
};

describe('Mails of jobs', () => {
  let clock: ManualClock;
  let [catalogue, mailbox] = [] as unknown as [Catalogue, Mailbox];
  let folder: string | undefined;
  beforeEach(async () => {
    clock = new ManualClock(start);
    [catalogue, mailbox] = [memoryCatalogue(), await Mailbox.open()];
  });
  afterEach(async () => {
    await mailbox.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
    folder = undefined;
  });

  async function sender(environment = mailbox.environment, consoleUrl?: string): Promise<JobMails> {
    const config = {
      mail: mailOptionsFrom(environment),
      jobMails: {
        archiveManagers: ['managers@example.org'],
        templates: folder,
        lifetime: 3 * 86_400_000,
        consoleUrl,
      },
    } as unknown as CatalogApiConfig;
    const texts = new JobMailTexts(config);
    await texts.onModuleInit();
    const logger = createLogger('job-mails', 'silent');
    return new JobMails(new JobMailRecords(catalogue), catalogue, texts, clock, config, logger);
  }
  async function put(
    kind: JobMailKind,
    job: Partial<JobRecord> = {},
    catena: Partial<JobRecord['catena']> = {},
  ): Promise<void> {
    const mail = { at: clock.now(), tries: 0, sent: [] };
    const whole = jobOf('j', { mails: { [kind]: mail }, mailsDue: clock.now(), ...catena });
    await new JobRecords(catalogue, silentRelay).post({ ...whole, contactEmail: 'me@example.org', ...job });
  }
  const policy = async (changes: object = {}): Promise<void> => {
    await catalogue.records('Policy').insertOne({ ...notified, ...changes });
  };
  const rounds = async (mails: JobMails): Promise<void> => {
    while (await mails.round());
  };
  const recipients = (): string[] => mailbox.mails.flatMap(({ to }) => to).sort();

  it('go to whom the policy of the group names and to whoever posted it, each address its own and once', async () => {
    await policy({ archiveEmailsToBeNotified: ['group@example.org; ME@example.org', 'no address', 7] });
    await put('start');
    const mails = await sender();
    await rounds(mails);
    assert.deepEqual(recipients(), ['ME@example.org', 'group@example.org']);
    assert.ok(mailbox.mails.every(({ to }) => to.length === 1));
    await rounds(mails);
    await rounds(await sender());
    assert.equal(mailbox.mails.length, 2);
    const job = await catalogue.jobs.findOne({ _id: 'j' });
    assert.deepEqual([job?.catena?.mails, job?.catena?.mailsDue], [undefined, undefined]);
  });

  for (const [what, changes, workflow] of [
    ['the policy wants none', { archiveEmailNotification: false }, 'archive'],
    ['the policy wants none of retrievals', {}, 'retrieve'],
    ['the job neither archives nor retrieves', {}, 'verify'],
    ['there is no policy of its group', { ownerGroup: 'other' }, 'archive'],
  ] as const)
    it(`go to nobody where ${what}, unless the job failed`, async () => {
      await policy(changes);
      await put('end', { statusCode: 'finishedSuccessful' }, { workflow });
      await rounds(await sender());
      assert.deepEqual(recipients(), []);
      await catalogue.jobs.deleteMany({});
      await put('end', { statusCode: 'finishedWithDatasetErrors' }, { workflow });
      await rounds(await sender());
      assert.deepEqual(recipients(), ['managers@example.org', 'me@example.org']);
    });

  it('name the page of the job in the console, where there is one', async () => {
    await policy();
    for (const url of [undefined, 'https://data.example.org/console']) {
      mailbox.mails.length = 0;
      await catalogue.jobs.deleteMany({});
      await put('end', { statusCode: 'finishedSuccessful' }, { workflow: 'archive' });
      await rounds(await sender(mailbox.environment, url));
      const text = mailbox.mails[0]?.text.replace(/=\r\n/g, '') ?? '';
      assert.equal(text.includes('https://data.example.org/console/jobs/j'), url !== undefined, text);
    }
  });

  it('of failures say what failed, and go to the archive managers, too', async () => {
    await policy();
    const bad = Array.from({ length: 22 }, (_, n) => ({ pid: `pid/${n}`, message: 'first\r\nBcc: x@y.z' }));
    await put('end', { statusCode: 'finishedUnsuccessful', jobResultObject: { bad } });
    await rounds(await sender());
    assert.deepEqual(recipients(), ['group@example.org', 'managers@example.org', 'me@example.org']);
    const { text } = mailbox.mails[0]!;
    const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s);
    assert.match(head, /Subject: The archive job j did not do all of its work: finishedUnsuccessful/);
    assert.match(body, /- pid\/19\r\n {2}first Bcc: x@y\.z\r\n/);
    assert.match(body.replace(/=\r\n/g, ''), /and 2 more/);
    assert.ok(!body.includes('pid/20'));
  });

  it('of failures go to the archive managers, however many others there are', async () => {
    const many = Array.from({ length: 150 }, (_, n) => `user${n}@example.org`);
    await policy({ archiveEmailsToBeNotified: many });
    await put('end', { statusCode: 'finishedUnsuccessful' });
    await rounds(await sender());
    assert.equal(mailbox.mails.length, 100);
    for (const one of ['managers@example.org', 'me@example.org']) assert.ok(recipients().includes(one), one);
  });

  it('go to the account of an ordinary user who named another address, and not to that one', async () => {
    await policy();
    await put('start', { contactEmail: 'somebody@example.org' }, { initiator: 'me@example.org' });
    await rounds(await sender());
    assert.deepEqual(recipients(), ['group@example.org', 'me@example.org']);
    await catalogue.jobs.deleteMany({});
    await put(
      'end',
      { contactEmail: 'somebody@example.org', statusCode: 'finishedUnsuccessful' },
      { initiator: '' },
    );
    await rounds(await sender());
    assert.ok(
      !recipients().includes('somebody@example.org'),
      'an account without an address is told nothing',
    );
  });

  it('of the start tell of the start, whatever the job has become meanwhile', async () => {
    await policy();
    const told = { statusCode: 'inProgress', statusMessage: 'Working on 1 dataset.' };
    const mails = { start: { at: clock.now(), tries: 0, sent: [], told } };
    const bad = [{ pid: 'the bad one', message: 'why' }];
    folder = await mkdtemp(join(tmpdir(), 'catena-job-mails-'));
    await writeFile(
      join(folder, 'start.txt'),
      'Begun\n\n{{statusCode}}: {{statusMessage}}{{#each failed}}{{pid}}{{/each}}\n',
    );
    const ended = { statusCode: 'finishedUnsuccessful', statusMessage: 'Over.', jobResultObject: { bad } };
    await put('start', ended, { mails });
    await rounds(await sender());
    assert.deepEqual(recipients(), ['group@example.org', 'me@example.org']);
    for (const { text } of mailbox.mails) {
      assert.match(text, /Subject: Begun\r\n[^]*inProgress: Working on 1 dataset\.$/);
      assert.doesNotMatch(text, /the bad one|finishedUnsuccessful|Over/);
    }
  });

  it('of the end go to whom the routes name, the owner where they say so', async () => {
    const mail = { at: clock.now(), tries: 0, sent: [], also: ['owner', 'tapes@example.org'] };
    await put('end', { statusCode: 'finishedSuccessful' }, { mails: { end: mail } });
    await rounds(await sender());
    assert.deepEqual(recipients(), ['me@example.org', 'tapes@example.org']);
  });

  it('wait for a mail server that is away, then are given up, and the job knows nothing of it', async () => {
    await policy();
    await put('start');
    const [port] = await freePorts(1);
    const away = await sender({ ...mailbox.environment, SMTP_PORT: String(port) });
    await rounds(away);
    const waiting = (await catalogue.jobs.findOne({ _id: 'j' }))!;
    assert.equal(waiting.catena?.mails?.start?.tries, 1);
    assert.equal(waiting.statusCode, 'jobSubmitted');
    clock.advance(3_600_000);
    await rounds(await sender());
    assert.deepEqual(recipients(), ['group@example.org', 'me@example.org']);
    await catalogue.jobs.deleteMany({});
    await put('start');
    await rounds(away);
    clock.advance(4 * 86_400_000);
    await rounds(await sender());
    assert.equal(mailbox.mails.length, 2);
    assert.equal((await catalogue.jobs.findOne({ _id: 'j' }))?.catena?.mails, undefined);
  });

  for (const [reply, isFinal] of [
    ['450 4.2.0 greylisted', false],
    ['552 5.2.2 full', false],
    ['550 5.1.1 unknown', true],
  ] as const)
    it(`go to all others where one address is answered with ${reply.slice(0, 3)}, and only it waits`, async () => {
      await mailbox.close();
      mailbox = await Mailbox.open({ refusals: { 'me@example.org': reply } });
      await policy({ archiveEmailsToBeNotified: ['group@example.org', 'other@example.org'] });
      await put('start');
      await rounds(await sender());
      assert.deepEqual(recipients(), ['group@example.org', 'other@example.org']);
      const waiting = (await catalogue.jobs.findOne({ _id: 'j' }))?.catena?.mails?.start;
      assert.deepEqual([waiting?.tries, waiting?.sent.length], isFinal ? [undefined, undefined] : [1, 2]);
      clock.advance(3_600_000);
      await mailbox.close();
      mailbox = await Mailbox.open();
      await rounds(await sender());
      assert.deepEqual(recipients(), isFinal ? [] : ['me@example.org']);
    });

  it('begin with another address at each try: one at which the server hangs up keeps nobody from theirs for ever', async () => {
    await mailbox.close();
    mailbox = await Mailbox.open({ refusals: { 'me@example.org': '421 4.3.2 bye' } });
    await policy();
    await put('start');
    const mails = await sender();
    await rounds(mails);
    assert.deepEqual(recipients(), []);
    clock.advance(3_600_000);
    await rounds(mails);
    assert.deepEqual(recipients(), ['group@example.org']);
  });

  it('are sent to the rest by another process after one has died, with the ids they would have had', async () => {
    await policy();
    await put('start');
    await rounds(await sender());
    const idOf = (text: string): string => /^Message-ID:\s*(\S+)/im.exec(text)?.[1] ?? '';
    const [first, second] = mailbox.mails.map(({ to, text }) => ({ to, id: idOf(text) }));
    assert.notEqual(first?.id, second?.id);
    const digest = first!.id.split('-').at(-1)!.split('@')[0]!;
    await catalogue.jobs.deleteMany({});
    await put('start', {}, { mails: { start: { at: start, tries: 0, sent: [digest] } } });
    await rounds(await sender());
    const { to, text } = mailbox.mails[2]!;
    assert.deepEqual([to, idOf(text), mailbox.mails.length], [second?.to, second?.id, 3]);
  });

  it('are sent by one of two processes', async () => {
    await policy();
    await put('start');
    const both = await Promise.all([sender(), sender()]);
    await Promise.all(both.map(rounds));
    assert.deepEqual(recipients(), ['group@example.org', 'me@example.org']);
  });

  it('say what the templates of the facility say', async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-job-mails-'));
    await writeFile(
      join(folder, 'start.txt'),
      'Job {{jobId}} of {{ownerGroup}}\n\nIt runs: {{statusCode}}.\n',
    );
    await policy();
    await put('start', { ownerGroup: 'g', statusMessage: 'x' });
    await rounds(await sender());
    assert.match(mailbox.mails[0]!.text, /Subject: Job j of g\r\n[^]*It runs: jobSubmitted\./);
    await writeFile(join(folder, 'failure.txt'), 'no empty line\nbehind this subject\n');
    await assert.rejects(sender(), /failure\.txt a Handlebars template whose first line is the subject/);
    await writeFile(join(folder, 'failure.txt'), '{{#if\n');
    await assert.rejects(sender(), /failure\.txt a Handlebars template/);
  });
});
