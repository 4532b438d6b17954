import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect } from 'amqplib';
import { until } from '#messaging/testing';
import { AppProcess } from '../../tools/start/src/index.js';
import { BesideScicat } from '../support/beside/beside-scicat.js';
import { BesideStory, patience } from '../support/beside/beside-story.js';
import { freePorts } from '../support/free-ports.js';
import { LegacyConsumer } from '../support/legacy-consumer.js';
import { verdict } from '../support/verdict.js';

type Environment = Readonly<Record<string, string>>;

describe('The ways by which jobs come to the bridge', () => {
  const seen = verdict();
  let beside: BesideScicat;
  let story: BesideStory;
  let feed: { readonly url: string; readonly exchange: string; readonly queue: string; readonly key: string };

  before(async () => {
    beside = await BesideScicat.create();
    await beside.start();
    story = await BesideStory.of(beside);
    const { environment } = beside.apps['scicat-bridge'].options;
    const { SCICAT_FEED_URL: url = '', SCICAT_FEED_EXCHANGE: exchange = '' } = environment;
    const { SCICAT_FEED_QUEUE: queue = '', SCICAT_FEED_KEY: key = '' } = environment;
    feed = { url, exchange, queue, key };
  });
  after(() => beside.stop(seen.failed));

  /** As SciCat's `url` action posts. */
  async function knock(
    body: unknown,
    {
      as = beside.door,
      path = '/archiver/api/v1/archiver/jobs',
    }: { as?: object | string; path?: string } = {},
  ): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
    const { username, password } = as as { username: string; password: string };
    const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const response = await fetch(`${beside.bridgeUrl}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(as === '' ? {} : { authorization: typeof as === 'string' ? as : basic }),
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      ...{ status: response.status, headers: response.headers },
      body: JSON.parse(text) as Record<string, unknown>,
    };
  }

  const idsKnown = async (): Promise<string[]> => {
    const { items } = (await beside.shown('?limit=200')) as { items?: { jobId: string }[] };
    return items!.map(({ jobId }) => jobId).sort();
  };

  let invented = '';

  it('an id that nobody has in SciCat is taken in at the door', async () => {
    invented = randomUUID();
    const { status, body } = await knock({ id: invented, type: 'archive' });
    assert.equal(status, 201, JSON.stringify(body));
    assert.match(String(body['uuid']), /^[0-9a-f-]{36}$/);
    assert.equal(body['name'], `job-${invented}`);
  });

  it('of a feed that loses half of its messages every job comes to its end, once', async () => {
    const thief = await LegacyConsumer.open(feed.url, feed.exchange, feed.queue, feed.key);
    try {
      const sets = await story.datasets(12);
      const ids: string[] = [];
      for (const { pid } of sets) ids.push(await story.post('archive', [pid]));
      for (const id of ids) await story.ends(id, 'finishedSuccessful');
      for (const set of sets) await story.ledger.datasetIsArchived(set);
      const stolen = thief.deliveries.map(({ body }) => String(body['id'] ?? body['_id']));
      assert.ok(stolen.length >= 4 && stolen.length <= 8, `expected about 6 stolen, found ${stolen.length}`);
      for (const id of ids) {
        const { seenBy } = await story.isOver(id);
        assert.deepEqual(stolen.includes(id) ? seenBy : seenBy.filter((by) => by === 'feed'), [
          stolen.includes(id) ? 'poll' : 'feed',
        ]);
      }
    } finally {
      await thief.close();
    }
  });

  it('rubbish in the feed is dropped, and the next job is archived all the same', async () => {
    const before = await idsKnown();
    const rubbish = [
      ...['', 'hello', '{"id":', 'null', '7', '"text"', '[]', '{}', '{"id":null}', '{"id":7}', '{"id":""}'],
      ...['{"id":{"$gt":""}}', '{"_id":{"$ne":1}}', '{"id":["a"]}', '{"id":"../x"}', '{"id":"a/b"}'],
      ...['{"id":"a b"}', '{"id":"?filter={}"}', '{"id":"%2e%2e"}', '{"id":"$where"}', '{"id":"__proto__"}'],
      ...[`{"id":"${'x'.repeat(101)}"}`, `${'['.repeat(200_000)}`, `"${'x'.repeat(15_000_000)}"`],
    ].map((text) => Buffer.from(text));
    const connection = await connect(feed.url);
    const channel = await connection.createConfirmChannel();
    for (const body of [...rubbish, Buffer.from([0xff, 0xfe, 0x00])]) channel.sendToQueue(feed.queue, body);
    const set = await story.dataset();
    const id = await story.post('archive', [set.pid]);
    // Its type and its status are asked of SciCat, whatever the message says.
    const lies = { id, type: 'somethingElse', statusCode: 'finishedSuccessful', datasetList: [] };
    channel.sendToQueue(feed.queue, Buffer.from(JSON.stringify(lies)));
    await channel.waitForConfirms();
    await until(async () => (await channel.checkQueue(feed.queue)).messageCount === 0, patience);
    await connection.close();
    await story.ends(id, 'finishedSuccessful');
    await story.ledger.datasetIsArchived(set);
    const log = await readFile(beside.apps['scicat-bridge'].options.logFile, 'utf8');
    await until(async () => {
      const text = await readFile(beside.apps['scicat-bridge'].options.logFile, 'utf8');
      return text.split('bridge.feed-unreadable').length - 1 === rubbish.length + 1;
    }, patience);
    assert.ok(!log.includes('xxxxxxxxxx'), 'what is dropped is not repeated in the log');
    assert.deepEqual(await idsKnown(), [...before, id].sort());
  });

  const missing = `20.500.12345/${randomUUID()}`;
  const lists: readonly (readonly [string, (pid: string) => object, string])[] = [
    ['without a list of datasets', () => ({}), 'bridge.datasets-uncounted'],
    ['over no dataset', () => ({ datasetList: [] }), 'bridge.datasets-uncounted'],
    [
      'over one dataset twice',
      (pid) => ({ datasetList: [pid, pid].map((one) => ({ pid: one, files: [] })) }),
      'bridge.dataset-repeated',
    ],
    [
      'over a dataset that is not there',
      (pid) => ({ datasetList: [pid, missing].map((one) => ({ pid: one, files: [] })) }),
      'bridge.dataset-missing',
    ],
  ];
  for (const [what, jobParams, code] of lists)
    it(`a job ${what} is refused with a sentence, however it came into SciCat`, async () => {
      const set = await story.dataset();
      const pattern = await story.post('somethingElse', [set.pid]);
      const id = randomUUID();
      await beside.scicat.withDatabase('catalog-api', async (database) => {
        const jobs = database.collection<{ _id: string }>('Job');
        const stored = await jobs.findOne({ _id: pattern });
        await jobs.insertOne({
          ...stored,
          ...{ _id: id, id, type: 'archive', jobParams: jobParams(set.pid) },
        });
      });
      await story.isRefused(id, code, /^Expected .*found .*: post/s);
      await story.ledger.datasetIsUntouched(set, 'datasetCreated');
    });

  it('the door opens to its account alone', async () => {
    const job = { id: randomUUID(), type: 'archive' };
    const { username, password } = beside.door;
    const keys = [
      ...['', 'Basic', 'Basic !', `Bearer ${password}`, { username, password: 'wrong' }],
      ...[
        { username: 'wrong', password },
        { username, password: '' },
        { username: '', password: '' },
      ],
    ];
    for (const as of keys) {
      const { status, headers, body } = await knock(job, { as });
      assert.equal(status, 401, JSON.stringify(as));
      assert.match(headers.get('www-authenticate') ?? '', /^Basic/);
      assert.deepEqual(body, { detail: 'Incorrect username or password' });
    }
    assert.ok(!(await idsKnown()).includes(job.id));
  });

  it('the door says what is wrong with a body, and takes nothing of it', async () => {
    const before = await idsKnown();
    const id = randomUUID();
    const bodies: unknown[] = [
      ...[{}, [], [{ id, type: 'archive' }], { id }, { type: 'archive' }, { id, type: 'somethingElse' }],
      ...[
        { id, type: 7 },
        { id, type: ['archive'] },
        { id: 7, type: 'archive' },
      ],
      ...[
        { id: { $gt: '' }, type: 'archive' },
        { id: '../x', type: 'archive' },
        { id: '', type: 'archive' },
      ],
      ...[{ id: 'x'.repeat(101), type: 'archive' }, 'null', '7', '"text"', ''],
    ];
    for (const given of bodies) {
      const { status, body } = await knock(given);
      assert.equal(status, 422, `${JSON.stringify(given)}: ${JSON.stringify(body)}`);
      assert.match(String(body['details']), /Expected /);
      const [first] = body['detail'] as { msg: string }[];
      assert.match(first!.msg, /^Expected /);
    }
    for (const given of ['{"id":', 'hello', '{"__proto__":{"id":"a"}}', `"${'x'.repeat(3_000_000)}"`]) {
      const { status, body } = await knock(given);
      assert.ok([400, 413, 422].includes(status), `${given.slice(0, 30)}: ${status}`);
      assert.equal(typeof body['message'], 'string');
    }
    assert.deepEqual(await idsKnown(), before);
  });

  it('the door gives a job one run, however often and however it is posted', async () => {
    const set = await story.dataset();
    const id = await story.archived(set);
    const runs = await Promise.all([
      ...Array.from({ length: 8 }, () => knock({ id, type: 'archive' })),
      knock({ id, type: 'archive', more: 'fields' }, { path: '/archiver/api/v1/archiver/jobs/' }),
    ]);
    assert.deepEqual(
      [...new Set(runs.map(({ status, body }) => JSON.stringify([status, body])))].length,
      1,
      JSON.stringify(runs.map(({ status }) => status)),
    );
    assert.equal(runs[0].status, 201);
    await story.ends(id, 'finishedSuccessful');
    await story.ledger.datasetIsArchived(set);
  });

  /** A further bridge, or another app, that is expected not to start. */
  async function refused(options: AppProcess['options'], more: Environment): Promise<string> {
    const [port] = await freePorts(1);
    const logFile = join(beside.directory, `refused-${port}.log`);
    const app = new AppProcess({ ...options, logFile });
    app.start({ PORT: String(port), ...more });
    const end = Date.now() + patience;
    await until(() => !app.running || Date.now() > end, patience + 1000);
    await app.stop();
    assert.equal(app.exit?.code, 1, `${logFile} with ${JSON.stringify(more)}`);
    const text = await readFile(logFile, 'utf8');
    assert.ok(!text.includes(beside.door.password), 'a password stands in the log');
    return text;
  }

  const halfAccount = /cannot start: .*Expected both JOB_ENDPOINT_USERNAME .* and JOB_ENDPOINT_PASSWORD/s;
  const settings: readonly (readonly [Environment, RegExp])[] = [
    [{ JOB_ENDPOINT_PASSWORD: '' }, halfAccount],
    [{ JOB_ENDPOINT_USERNAME: '' }, halfAccount],
    [{ SCICAT_PASSWORD: '' }, /cannot start: .*SCICAT_PASSWORD/s],
    [{ SCICAT_USERNAME: '' }, /cannot start: .*SCICAT_USERNAME/s],
  ];
  for (const [more, sentence] of settings)
    it(`the bridge does not start with an empty ${Object.keys(more).join()}`, async () => {
      assert.match(await refused(beside.apps['scicat-bridge'].options, more), sentence);
    });

  it('with no account at all the door is shut', async () => {
    const { 'scicat-bridge': bridge } = beside.apps;
    const [port] = await freePorts(1);
    const second = new AppProcess({
      ...bridge.options,
      logFile: join(beside.directory, 'shut.log'),
      readyUrl: bridge.options.readyUrl.replace(/:\d+\//, `:${port}/`),
    });
    second.start({ PORT: String(port), JOB_ENDPOINT_USERNAME: '', JOB_ENDPOINT_PASSWORD: '' });
    await second.whenReady();
    for (const authorization of [undefined, 'Basic Og==', 'Basic ']) {
      const { status } = await fetch(`http://127.0.0.1:${port}/archiver/api/v1/archiver/jobs`, {
        ...{ method: 'POST', body: JSON.stringify({ id: randomUUID(), type: 'archive' }) },
        headers: {
          'content-type': 'application/json',
          ...(authorization === undefined ? {} : { authorization }),
        },
      });
      assert.equal(status, 401);
    }
    await second.stop();
  });

  it("Catena's own catalogue does not start beside the bridge, nor the bridge beside it", async () => {
    const { 'catalog-api': catalogue } = beside.catena.apps;
    const { 'scicat-bridge': bridge } = beside.apps;
    const alone = (app: string, other: string) =>
      new RegExp(
        `Expected ${app} to be alone on the catalogue's side .*another app \\(${other}\\) serves it`,
      );
    assert.match(await refused(catalogue.options, {}), alone('catalog-api', 'scicat-bridge'));
    await bridge.stop();
    catalogue.start();
    await catalogue.whenReady();
    assert.match(await refused(bridge.options, {}), alone('scicat-bridge', 'catalog-api'));
    await catalogue.stop();
    bridge.start();
    await bridge.whenReady();
    const set = await story.dataset();
    await story.archived(set);
    await story.ledger.datasetIsArchived(set);
  });

  it('an id that SciCat does not know is left after a while', async () => {
    const { why } = await story.when(invented, ({ state }) => state === 'left');
    assert.equal(why?.code, 'bridge.job-unknown');
    assert.deepEqual(await story.waiting(), []);
  });
});
