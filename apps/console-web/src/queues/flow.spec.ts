import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MissingApp } from '#console-api';
import type { OpenMessages, OwnQueue } from '../calls/running-shapes.js';
import { flowOf, type FlowAnswers } from './flow.js';

const now = new Date('2026-11-29T12:00:00Z');
const old = '2026-11-29T11:58:00Z';
const fresh = '2026-11-29T11:59:30Z';
const silent = (...apps: readonly string[]): MissingApp[] =>
  apps.map((app) => ({ app, code: 'app.silent', message: '', since: old }));

interface Told {
  readonly queues?: Readonly<Record<string, readonly OwnQueue[]>>;
  readonly outbox?: Readonly<Record<string, readonly OpenMessages[]>>;
  readonly dependencies?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly missing?: readonly MissingApp[];
}

function answers({ queues = {}, outbox = {}, dependencies = {}, missing = [] }: Told): FlowAnswers {
  const from = <Body>(told: Readonly<Record<string, Body>>) => ({
    ...{ answers: Object.entries(told).map(([app, body]) => ({ app, body })), missing, without: [] },
  });
  const lists = <Item>(told: Readonly<Record<string, readonly Item[]>>) =>
    from(Object.fromEntries(Object.entries(told).map(([app, items]) => [app, { items }])));
  return {
    queues: lists(queues),
    outbox: lists(outbox),
    apps: from(
      Object.fromEntries(Object.entries(dependencies).map(([app, all]) => [app, { app, dependencies: all }])),
    ),
  };
}

const waiting = (consumer: string, oldest = old, count = 3): OpenMessages => ({
  ...{ type: 't', consumer, state: 'unaccepted', count, oldest },
});
const troublesOf = (told: Told) => flowOf(answers(told), now).troubles;

describe('The conversation', () => {
  it('flows where each queue has its consumer, and nothing waits for long', () => {
    const flow = flowOf(
      answers({
        queues: {
          a: [
            { name: 'a.inbox', purpose: 'inbox', messages: 9, consumers: 2 },
            { name: 'a.retry', purpose: 'retry', messages: 9, consumers: 0 },
            { name: 'a.dead', purpose: 'dead', messages: 0, consumers: 0 },
          ],
        },
        outbox: { a: [waiting('b', fresh), { ...waiting('b', fresh), state: 'unpublished' }] },
        dependencies: { a: { broker: 'up', database: 'up' } },
      }),
      now,
    );
    assert.deepEqual([flow.troubles, flow.unknown], [[], []]);
    assert.deepEqual(
      flow.apps.map(({ app, queues, open }) => [app, queues?.length, open?.length]),
      [['a', 3, 2]],
    );
  });

  it('does not where nobody takes messages, where a queue is missing, and where a service is away', () => {
    const queues = {
      a: [
        { name: 'a.inbox', purpose: 'inbox', messages: 4, consumers: 0 },
        { name: 'a.receipts', purpose: 'receipts', messages: 1 },
        { name: 'a.dead', purpose: 'dead' },
      ],
    };
    assert.deepEqual(troublesOf({ queues, dependencies: { a: { broker: 'up', database: 'down' } } }), [
      { kind: 'consumer', app: 'a', name: 'a.inbox', messages: 4 },
      { kind: 'consumer', app: 'a', name: 'a.receipts', messages: 1 },
      { kind: 'queue', app: 'a', name: 'a.dead' },
      { kind: 'dependency', app: 'a', name: 'database' },
    ]);
  });

  it('does not where messages are not sent, or not accepted, for a minute', () => {
    const outbox = { a: [waiting('b'), { ...waiting('b'), state: 'unpublished', consumer: undefined }] };
    assert.deepEqual(troublesOf({ outbox }), [
      { kind: 'unaccepted', app: 'a', name: 'b', messages: 3, since: old },
      { kind: 'unsent', app: 'a', messages: 3, since: old },
    ]);
  });

  it('says once of a silent app that it is, with everything that waits for it', () => {
    const outbox = { a: [waiting('archiver'), waiting('archiver', fresh, 4)], c: [waiting('archiver')] };
    assert.deepEqual(troublesOf({ outbox, missing: silent('archiver') }), [
      { kind: 'silent', app: 'archiver', since: old, messages: 10 },
    ]);
    assert.deepEqual(troublesOf({ missing: silent('archiver') }), [
      { kind: 'silent', app: 'archiver', since: old },
    ]);
  });

  it('goes on while another app of the same kind takes from the same queue', () => {
    const queues = { 'archiver-basel': [] };
    const outbox = { a: [waiting('archiver')] };
    const told = { queues, outbox, missing: silent('archiver-bern') };
    assert.deepEqual(troublesOf(told), [
      { kind: 'silent', app: 'archiver-bern', since: old },
      { kind: 'unaccepted', app: 'a', name: 'archiver', messages: 3, since: old },
    ]);
    const both = { outbox, missing: silent('archiver-bern', 'archiver-basel') };
    assert.deepEqual(
      troublesOf(both).map(({ kind, messages }) => [kind, messages]),
      [
        ['silent', 3],
        ['silent', 3],
      ],
    );
  });

  it('tells once of a queue, and of messages, that two archivers of one database tell', () => {
    const queue = { name: 'archiver.inbox', purpose: 'inbox', messages: 4, consumers: 0 };
    const told = {
      queues: { archiver: [queue], 'archiver-basel': [{ ...queue, messages: 5 }] },
      outbox: { archiver: [waiting('catalog-api')], 'archiver-basel': [waiting('catalog-api', old, 4)] },
    };
    assert.deepEqual(troublesOf(told), [
      { kind: 'consumer', app: 'archiver', name: 'archiver.inbox', messages: 4 },
      { kind: 'unaccepted', app: 'archiver', name: 'catalog-api', messages: 4, since: old },
    ]);
    const gone = troublesOf({ outbox: told.outbox, missing: silent('catalog-api') });
    assert.deepEqual(gone, [{ kind: 'silent', app: 'catalog-api', since: old, messages: 4 }]);
  });

  it('has no silent app where one answers another question, and does not know the rest', () => {
    const told = answers({ queues: { a: [] }, outbox: { a: [] } });
    const apps = { answers: [], missing: silent('a'), without: [] };
    const flow = flowOf({ ...told, apps }, now);
    assert.deepEqual([flow.troubles, flow.unknown], [[], silent('a')]);
  });

  it('is not known where an app has no such call', () => {
    const told = answers({ queues: { a: [] } });
    const flow = flowOf({ ...told, outbox: { ...told.outbox!, without: ['b'] } }, now);
    assert.deepEqual(
      flow.unknown.map(({ app, code }) => [app, code]),
      [['b', 'app.refused']],
    );
  });

  it('is not known where an app does not tell, which is no trouble of its own', () => {
    const away: MissingApp = { app: 'a', code: 'source.away', message: '', since: old };
    const flow = flowOf({ ...answers({ missing: [away] }), apps: undefined }, now);
    assert.deepEqual([flow.troubles, flow.unknown], [[], [away]]);
    assert.deepEqual(flow.apps, [{ app: 'a' }]);
  });
});
