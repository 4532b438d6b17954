import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { MongoConnection } from '#persistence';
import { JobRecords } from '../../apps/catalog-api/src/persistence/job-records.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** A page that comes back whenever it is cut off, as a browser does. */
class Listener {
  readonly heard: { event: string; data: Fields }[] = [];
  lastId: string | undefined;
  private controller = new AbortController();
  private reading: Promise<void> = Promise.resolve();

  async open(base: string, token: string, lastId = this.lastId): Promise<void> {
    this.controller = new AbortController();
    const response = await fetch(`${base}/api/v4/events/stream`, {
      headers: {
        authorization: `Bearer ${token}`,
        ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
      },
      signal: this.controller.signal,
    });
    assert.equal(response.status, 200);
    this.reading = this.read(response.body!).catch(() => undefined);
  }

  async cut(): Promise<void> {
    this.controller.abort();
    await this.reading;
  }

  /** Last status of a job that was heard. */
  stateOf(id: string): unknown {
    return this.heard.filter(({ data }) => data['id'] === id).at(-1)?.data['statusCode'];
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    for await (const part of body) {
      text += Buffer.from(part).toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const field = (name: string): string | undefined =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        this.lastId = field('id') ?? this.lastId;
        const data = field('data');
        if (data !== undefined)
          this.heard.push({ event: field('event') ?? '', data: JSON.parse(data) as Fields });
      }
    }
  }
}

describe('Events of a listener who is cut off', () => {
  let app: ScicatApp;
  const token = (): string => String(app.as('user1').token);

  before(async () => {
    app = await ScicatApp.start();
    await app
      .collection('Job')
      .insertMany([...Array.from({ length: 5 }, (_, index) => job(`j-${index}`)), job('foreign', 'group2')]);
  });
  after(() => app.stop());

  function job(_id: string, ownerGroup = 'group1') {
    const owner = { ownerUser: ownerGroup.replace('group', 'user'), ownerGroup };
    const times = { createdAt: new Date(), updatedAt: new Date() };
    const catena = { history: [], reported: 0, finished: false, workflow: 'archive', outbox: { rows: [] } };
    return {
      _id,
      id: _id,
      type: 'archive',
      statusCode: 's0',
      statusMessage: '',
      jobParams: {},
      catena,
      ...owner,
      ...times,
    };
  }
  const change = (_id: string, statusCode: string): Promise<unknown> =>
    app.collection('Job').updateOne({ _id }, { $set: { statusCode, updatedAt: new Date() } });

  it('are all heard, over cuts and over another process, and none of others', async () => {
    const listener = new Listener();
    await listener.open(app.base, token());
    await until(() => listener.heard.some(({ event }) => event === 'connected'));
    for (let round = 1; round <= 4; round += 1) {
      await change('j-0', `s${round}`);
      if (round % 2 === 0) await until(() => listener.stateOf('j-0') === `s${round}`);
      await listener.cut();
      await change('j-1', `s${round}`);
      await change('foreign', `s${round}`);
      await listener.open(app.base, token());
      await until(() => listener.stateOf('j-1') === `s${round}` && listener.stateOf('j-0') === `s${round}`);
    }
    await listener.cut();
    await change('j-2', 'while nobody listened');
    const { connection } = app.get(MongoConnection);
    const uri = new URL(process.env['MONGODB_URI']!);
    uri.pathname = `/${connection.db!.databaseName}`;
    const other = await ScicatApp.start({
      MONGODB_URI: uri.href,
      CATENA_PREFIX: connection.db!.databaseName,
    });
    try {
      await listener.open(other.base, token());
      await until(() => listener.stateOf('j-2') === 'while nobody listened');
    } finally {
      await listener.cut();
      await other.leave();
    }
    assert.ok(!listener.heard.some(({ event }) => event === 'reset'));
    assert.ok(!JSON.stringify(listener.heard).includes('foreign'));
  });

  it('carry the progress of the job', async () => {
    const listener = new Listener();
    await listener.open(app.base, token());
    await until(() => listener.heard.some(({ event }) => event === 'connected'));
    const numbers = { bytesDone: 1, bytesTotal: 2, datasetsDone: 0, datasetsTotal: 1 };
    await app.get(JobRecords).takeProgress('j-3', { ...numbers, phase: 'packing', at: new Date() });
    const progressOf = (): Fields | undefined =>
      listener.heard.filter(({ data }) => data['id'] === 'j-3').at(-1)?.data['progress'] as
        Fields | undefined;
    await until(() => progressOf()?.['bytesDone'] === 1);
    assert.equal(progressOf()?.['phase'], 'packing');
    await listener.cut();
  });

  it('begin anew after more than two minutes, and with an id that is none of ours', async () => {
    for (const id of [
      String(Date.now() - 130_000),
      'x',
      '99999999999999999999',
      String(Date.now() + 3_600_000),
    ]) {
      const listener = new Listener();
      await listener.open(app.base, token(), id);
      await until(() => listener.heard.some(({ event }) => event === 'reset'));
      await listener.cut();
    }
  });

  it('are for nobody without a token', async () => {
    assert.equal((await fetch(`${app.base}/api/v4/events/stream`)).status, 401);
    const withToken = await fetch(`${app.base}/api/v4/events/stream?access_token=${token()}`);
    assert.equal(withToken.status, 401);
  });
});
