import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { Naming } from '#messaging';
import { until } from '#messaging/testing';
import { Browser } from '../support/browser/browser.js';
import { OpenPage } from '../support/browser/open-page.js';
import { Installation } from '../support/installation.js';
import { Operations } from '../support/operations.js';
import { verdict } from '../support/verdict.js';

interface Row {
  readonly _id: string;
  readonly messageId: string;
  readonly state: string;
  readonly code: string;
  readonly decision?: { readonly by: string };
}

interface Run {
  readonly id: string;
  readonly state: string;
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  readonly found: number;
}

interface Entry {
  readonly id: string;
  readonly by: string;
  readonly via: string;
  readonly action: string;
  readonly subject: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly after?: Readonly<Record<string, unknown>>;
}

const app = 'job-assembler';
const cancelType = 'catalog.job-cancel-requested.v1';

describe('Messages that could not be handled, in the hands of operators', () => {
  const seen = verdict();
  let installation: Installation;
  let operations: Operations;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  let browser: Browser;
  let base: string;

  before(async () => {
    installation = await Installation.create({
      console: true,
      environmentOf: { [app]: { PARKING_LOT_EDITING: 'on', PARKING_LOT_EDITORS: 'editors' } },
    });
    await installation.start();
    base = `http://127.0.0.1:${installation.settings.ports.console}`;
    browser = await Browser.start();
    operations = new Operations(installation);
    connection = await connect(installation.settings.services['RABBITMQ_URL'] ?? '');
    channel = await connection.createConfirmChannel();
  });
  after(async () => {
    await connection.close();
    await browser.stop();
    await installation.stop(seen.failed, true);
  });

  async function send(bodies: readonly { id: string; body: Buffer }[]): Promise<void> {
    const { prefix } = installation.settings;
    const userId = new Naming(prefix).accountOf('catalog-api');
    for (const { id, body } of bodies)
      channel.sendToQueue(`${prefix}.${app}.inbox`, body, { messageId: id, userId, persistent: true });
    await channel.waitForConfirms();
  }
  function envelope(type: string, data: object, id = randomUUID()): { id: string; body: Buffer } {
    const fixed = { specversion: '1.0', source: '/catena/catalog-api', subject: 's', sequence: 0 };
    const rest = { time: new Date().toISOString(), datacontenttype: 'application/json', partitionkey: 'p' };
    return { id, body: Buffer.from(JSON.stringify({ ...fixed, ...rest, id, type, data })) };
  }
  /** Parked at once, and again whenever it is replayed. */
  const fromTheFuture = (jobId: string) => envelope('catalog.job-cancel-requested.v9', { jobId });
  const many = (amount: number, make: () => { id: string; body: Buffer }) =>
    Array.from({ length: amount }, make);
  const count = async (query: string): Promise<number> =>
    (await operations.good<{ items: { count: number }[] }>(app, `parking-lot/groups?${query}`)).items.reduce(
      (sum, group) => sum + group.count,
      0,
    );
  const path = (id: string, rest = ''): string => `parking-lot/${encodeURIComponent(id)}${rest}`;
  const newest = async (messageId: string): Promise<Row | undefined> =>
    (await operations.all<Row>(app, 'parking-lot')).find((row) => row.messageId === messageId);
  const entries = (query = ''): Promise<Entry[]> => operations.all<Entry>(app, `audit${query}`);

  const signedIn = async (name: 'admin' | 'archiveManager'): Promise<OpenPage> => {
    const open = await OpenPage.of(browser, base);
    await open.signIn(name, installation.settings.secrets.accounts[name]);
    return open;
  };

  /** Does something while the app dies at a point, and waits until it is up again. */
  async function dyingAt(point: string, act: () => Promise<unknown>): Promise<void> {
    const victim = installation.apps[app];
    await installation.arm(app, point);
    const ended = victim.whenEnded();
    await act().catch(() => undefined);
    await ended;
    assert.equal(victim.exit?.signal, 'SIGKILL', `expected to die at ${point}`);
    await installation.disarm(app);
    victim.start();
    await victim.whenReady();
  }

  it('of three causes are three groups, and are replayed in bulk, each once, over a kill -9', async () => {
    await send(many(400, () => envelope('catalog.job-cancel-requested.v9', {})));
    await send(many(350, () => ({ id: randomUUID(), body: Buffer.from('[1]') })));
    await send(many(250, () => envelope('catalog.job-cancel-requested.v1', { jobId: 7 })));
    await until(async () => (await count('by=code')) === 1000);
    const byType = await operations.good<{ items: { key: string; count: number }[] }>(
      app,
      'parking-lot/groups?by=code&code=messaging.unknown-type',
    );
    assert.deepEqual(
      byType.items.map(({ key, count: amount }) => [key, amount]),
      [['messaging.unknown-type', 400]],
    );
    const { items: groups } = await operations.good<{ items: { key: string; count: number }[] }>(
      app,
      'parking-lot/groups?by=type',
    );
    assert.equal(groups.length, 3, 'unreadable ones have no type of their own');

    const wanted = {
      ...{ action: 'replay', filter: { code: 'messaging.unknown-type' }, reason: 'the upgrade is done' },
      ...{ batch: 10, perMinute: 3000 },
    };
    const wrong = await operations.call(app, 'parking-lot/bulk', { body: { ...wanted, expected: 100 } });
    assert.equal(wrong.status, 409, 'another number than was seen asks again');
    // Two operators at their browsers: one begins the run, the other one sees it.
    const [ada, grace] = [await signedIn('admin'), await signedIn('archiveManager')];
    for (const { page } of [ada, grace]) {
      await page.goto(`${base}/console/messages?by=type`);
      await until(async () => (await page.locator('main table.groups tbody tr').count()) === 3);
      await page.goto(`${base}/console/messages`);
      await page.getByRole('link', { name: 'messaging.unknown-type' }).click();
      await page.getByRole('button', { name: /^Replay all/ }).waitFor();
    }
    await ada.page.getByRole('button', { name: /^Replay all/ }).click();
    const dialog = ada.page.getByRole('dialog');
    await dialog.getByLabel('Each minute at most').fill('3000');
    await dialog.getByLabel('At once').fill('10');
    await dialog.locator('#act-reason').fill(wanted.reason);
    await dialog.locator('button[type=submit]').click();
    await dialog.waitFor({ state: 'detached' });
    const { items: runs } = await operations.good<{ items: Run[] }>(app, 'bulk-runs');
    const run = runs[0]!;
    await grace.says(/\d+ of 400/);
    const state = (): Promise<Run> => operations.good<Run>(app, `bulk-runs/${run.id}`);
    await until(async () => (await state()).done >= 120);
    await dyingAt('bulk.after-one', () => new Promise((resolve) => setTimeout(resolve, 1000)));
    await until(async () => (await state()).state === 'finished');
    const { done, skipped, failed } = await state();
    assert.deepEqual([done, skipped, failed], [400, 0, 0]);
    await grace.says(/400 of 400/);
    for (const open of [ada, grace]) {
      open.isQuiet('a bulk run');
      await open.close();
    }
    await until(async () => (await count('by=code')) === 1000);
    const replayed = await operations.all<Row>(app, 'parking-lot?state=replayed');
    assert.equal(replayed.length, 400);
    const back = await operations.all<Row>(app, 'parking-lot?code=messaging.unknown-type');
    assert.equal(new Set(back.map(({ messageId }) => messageId)).size, 400, 'each came back');
    assert.equal(back.length, 400, 'and once');
  });

  it('in a bulk run that another operator stops stay as they are, and the run says who stopped it', async () => {
    const body = {
      ...{ action: 'discard', filter: { code: 'messaging.malformed' }, reason: 'a test sent them' },
      ...{ batch: 1, perMinute: 120, expected: 600 },
    };
    const run = await operations.good<Run>(app, 'parking-lot/bulk', { body });
    await until(async () => (await operations.good<Run>(app, `bulk-runs/${run.id}`)).done > 1);
    const stopped = await operations.good<Run & { stopped: { by: string } }>(
      app,
      `bulk-runs/${run.id}/stop`,
      {
        body: { reason: 'wait for the morning' },
        as: 'grace',
      },
    );
    assert.deepEqual([stopped.state, stopped.stopped.by], ['stopped', 'grace']);
    const again = await operations.call(app, `bulk-runs/${run.id}/stop`, { body: { reason: 'me too' } });
    assert.equal(again.status, 409);
    assert.match(String(again.body['message']), /grace stopped it/);
    const left = await count('by=code&code=messaging.malformed');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(await count('by=code&code=messaging.malformed'), left);
    const { items } = await operations.good<{ items: Run[] }>(app, 'bulk-runs');
    assert.equal(items[0]?.id, run.id, 'every operator sees it');
  });

  it('are discarded, restored and replayed; a second operator hears who was faster', async () => {
    const message = fromTheFuture(randomUUID());
    await send([message]);
    await until(async () => (await newest(message.id)) !== undefined);
    const { _id } = (await newest(message.id))!;
    assert.equal((await operations.call(app, path(_id, '/discard'), { body: {} })).status, 400);
    await operations.good(app, path(_id, '/discard'), { body: { reason: 'nobody needs it' } });
    const late = await operations.call(app, path(_id, '/replay'), { body: {}, as: 'grace' });
    assert.equal(late.status, 409);
    assert.match(String(late.body['message']), /already discarded by ada at .*: nobody needs it/);
    // Its emitter sends it again while it is discarded: it counts as handled.
    await send([message]);
    await operations.good(app, path(_id, '/restore'), { body: { reason: 'it was needed' }, as: 'grace' });
    await operations.good(app, path(_id, '/notes'), { body: { text: 'the job was made by hand' } });
    await operations.good(app, path(_id, '/replay'), { body: { reason: 'once more' } });
    // It comes back, as this version does not know its type.
    await until(async () => {
      const row = await newest(message.id);
      return row !== undefined && row._id !== _id;
    });
    const subject = encodeURIComponent(`${app}/${_id}`);
    assert.deepEqual(
      (await entries(`?subject=${subject}`)).map(({ action, by, outcome }) => [action, by, outcome]),
      [
        ['parking-lot.replay', 'ada', 'done'],
        ['parking-lot.note', 'ada', 'done'],
        ['parking-lot.restore', 'grace', 'done'],
        ['parking-lot.replay', 'grace', 'refused'],
        ['parking-lot.discard', 'ada', 'done'],
      ],
    );
  });

  it('are sent with other data by an editor only, under another id, and the audit trail has both', async () => {
    const message = envelope(cancelType, { jobId: 7, requestedBy: 'x' });
    await send([message]);
    await until(async () => (await newest(message.id)) !== undefined);
    const { _id } = (await newest(message.id))!;
    const jobId = randomUUID();
    const body = { data: { jobId, requestedBy: 'x' }, reason: 'the id was a number' };
    const edit = (call: object, headers = {}) =>
      operations.call(app, path(_id, '/edit'), { body: call, headers });
    const editor = { 'catena-acting-groups': 'editors' };
    assert.equal((await edit(body)).status, 403, 'no editor');
    const bad = await edit({ ...body, data: { jobId: 8 } }, editor);
    assert.equal(bad.status, 400, JSON.stringify(bad.body));
    const good = await edit(body, editor);
    assert.equal(good.status, 200, JSON.stringify(good.body));
    // It came: what cancels a job that is not there yet is kept for it.
    await until(() =>
      installation.withDatabase(app, async (database) => {
        const early = database.collection<{ _id: string }>('early_cancels');
        return (await early.findOne({ _id: jobId })) !== null;
      }),
    );
    const [entry] = await entries('?action=parking-lot.edit');
    assert.match(JSON.stringify(entry), /"state":"edited"/);
    const { status } = await operations.call('archiver', path('x', '/edit'), { body, headers: editor });
    assert.equal(status, 403, 'off where it is not switched on');
  });

  it('are decided on once, and the entry is complete, wherever the app dies in between', async () => {
    const points = [
      ['operations.before-change', 'replay', 'parked', 'not-done'],
      ['parking-lot.after-decision', 'replay', 'replayed', 'done'],
      ['parking-lot.before-settled', 'discard', 'discarded', 'done'],
      ['operations.after-change', 'replay', 'replayed', 'done'],
      ['parking-lot.before-restore', 'restore', 'discarded', 'not-done'],
    ] as const;
    for (const [point, action, state, outcome] of points) {
      const message = fromTheFuture(randomUUID());
      await send([message]);
      await until(async () => (await newest(message.id)) !== undefined);
      const { _id } = (await newest(message.id))!;
      if (action === 'restore')
        await operations.good(app, path(_id, '/discard'), { body: { reason: 'to be restored' } });
      const reason = `dies at ${point}`;
      await dyingAt(point, () => operations.good(app, path(_id, `/${action}`), { body: { reason } }));
      const found = async (): Promise<Entry[]> =>
        (await entries(`?subject=${encodeURIComponent(`${app}/${_id}`)}`)).filter(
          (entry) => entry.reason === reason,
        );
      await until(async () => (await found()).every((entry) => entry.outcome !== 'begun'));
      assert.deepEqual(
        (await found()).map((entry) => entry.outcome),
        [outcome],
        point,
      );
      const found1 = await operations.good<Row>(app, path(_id));
      assert.equal(found1.state, state, point);
      if (state !== 'replayed') continue;
      // It was sent, by the sweep where the app died before it: it came back under another id of the lot.
      await until(async () => {
        const row = await newest(message.id);
        return row !== undefined && row._id !== _id;
      }, 60_000);
    }
  });

  it('are looked at by those who have the token, whatever name they give, with calls that know their words', async () => {
    const forged = await operations.call(app, 'parking-lot', { as: 'admin', token: 'wrong' });
    assert.equal(forged.status, 403);
    for (const wrong of [
      'parking-lot?limit=0',
      'parking-lot?colour=red',
      'parking-lot?after=x',
      'audit?by=a&by=b',
    ])
      assert.equal((await operations.call(app, wrong)).status, 400, wrong);
    const hidden = await operations.call(app, 'audit', { as: 'a\u202eb' });
    assert.equal(hidden.status, 400, 'a name that cannot be read as it is');
    for (const method of ['PUT', 'POST', 'DELETE'] as const)
      assert.equal(
        (await operations.call(app, `audit/${(await entries())[0]?.id}`, { method })).status,
        404,
        'no call changes an entry',
      );
  });

  it('are told of with queues, outbox, the app itself and why a job waits', async () => {
    const { items: queues } = await operations.good<{
      items: { name: string; purpose: string; messages: number; consumers: number }[];
    }>(app, 'queues');
    const inbox = queues.find(({ purpose }) => purpose === 'inbox');
    assert.equal(inbox?.consumers, 1);
    assert.ok(queues.every(({ messages }) => messages >= 0));
    await operations.good(app, 'outbox');
    const about = await operations.good<{ version: string; settings: Record<string, string> }>(app, 'app');
    assert.match(about.version, /^\d+\.\d+\.\d+$/);
    assert.equal(about.settings['OPERATIONS_TOKEN'], '(set)');
    const { secrets } = installation.settings;
    const text = JSON.stringify(about);
    for (const secret of [secrets.operationsTokens[app], secrets.broker[app], secrets.jwt])
      assert.ok(!text.includes(secret), 'no secret is shown');
    const message = fromTheFuture('j-parked');
    await send([message]);
    await until(async () => (await newest(message.id)) !== undefined);
    const { jobs } = await operations.good<{
      jobs: Record<string, { known: boolean; facts: { code: string; count: number }[] }>;
    }>(app, 'why?jobId=j-parked&jobId=other');
    assert.deepEqual(
      [jobs['j-parked']?.facts[0]?.code, jobs['j-parked']?.facts[0]?.count],
      ['message.parked', 1],
    );
    assert.deepEqual(jobs['other'], { known: false, facts: [] });
  });
});
