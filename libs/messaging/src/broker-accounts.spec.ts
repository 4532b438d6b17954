import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { appNames, appsAmong, registry, type AppName, type PartyName } from '#contracts';
import {
  accountsOf,
  heardTypes,
  listenerAccountOf,
  workerAccountsOf,
  type AccountRights,
  type BrokerAccount,
} from './broker-accounts.js';
import { brokerDefinitionsOf } from './broker-definitions.js';
import { Naming } from './naming.js';
import { defaultRetryDelays, topologyOf, wholeTopology, workerTopologyOf } from './topology.js';

/** Of the checkout, seen from the built spec. */
const schemaOf = (type: string): string =>
  readFileSync(new URL(`../../../../docs/schemas/${type}.json`, import.meta.url), 'utf8');
const naming = new Naming('catena');
const feed = ['jobs.write', 'client.jobs.write'];
const accounts = accountsOf(naming, feed);
const matches = (pattern: string, name: string): boolean => new RegExp(pattern).test(name);
const of = (app: AppName): BrokerAccount => accounts.find((account) => account.app === app)!;
/** As the broker decides: the right to write at the exchange, and with that routing key. */
const mayPublish = ({ rights, topics }: AccountRights, exchange: string, key: string): boolean =>
  matches(rights.write, exchange) &&
  topics.filter((topic) => topic.exchange === exchange).every(({ write }) => matches(write, key));
const mayBind = ({ rights, topics }: AccountRights, exchange: string, key: string): boolean =>
  matches(rights.read, exchange) &&
  topics.filter((topic) => topic.exchange === exchange).every(({ read }) => matches(read, key));
const workers = workerAccountsOf(naming, ['partner', 'partner-2']);
const keyOf = (type: string, consumers: readonly PartyName[]): string =>
  consumers.includes('worker') ? naming.workerKeyOf(type, 'partner') : type;
const workersThat = (may: (account: AccountRights) => boolean): string[] =>
  workers.filter(may).map(({ target }) => target);
const appsThat = (may: (account: BrokerAccount) => boolean): AppName[] =>
  accounts.filter(may).map(({ app }) => app);

describe('The accounts at the broker', () => {
  for (const { type, emitter, consumers } of registry) {
    it(`let ${emitter} publish ${type} and nobody else`, () =>
      assert.deepEqual(
        appsThat((account) => mayPublish(account, naming.exchangeOf(type), keyOf(type, consumers))),
        appsAmong([emitter]),
      ));

    it(`let ${emitter === 'worker' ? 'every worker' : 'no worker'} publish ${type}`, () =>
      assert.deepEqual(
        workersThat((account) => mayPublish(account, naming.exchangeOf(type), keyOf(type, consumers))),
        emitter === 'worker' ? ['partner', 'partner-2'] : [],
      ));

    it(`let ${consumers.join(', ') || 'nobody'} bind ${type} and nobody else`, () =>
      assert.deepEqual(
        appsThat((account) => mayBind(account, naming.exchangeOf(type), keyOf(type, consumers))),
        // Who speaks to workers makes their queues.
        consumers.includes('worker') ? [emitter] : appNames.filter((app) => consumers.includes(app)),
      ));
  }

  for (const app of appNames) {
    const { exchanges, queues, bindings } = topologyOf(naming, app, defaultRetryDelays);
    const own = [
      ...queues.map(({ name }) => name),
      ...exchanges.filter(({ shared }) => shared !== true).map(({ name }) => name),
    ];

    it(`let ${app} declare, read and write what is its own, and nobody else`, () => {
      for (const right of ['configure', 'read', 'write'] as const)
        for (const name of own)
          assert.deepEqual(
            appsThat(({ rights }) => matches(rights[right], name)),
            [app],
            `${right} ${name}`,
          );
    });

    it(`let ${app} bind all that it declares, and make none of what is shared`, () => {
      for (const { queue, exchange, key } of bindings) {
        assert.ok(matches(of(app).rights.write, queue), queue);
        assert.ok(mayBind(of(app), exchange, key), `${exchange} ${key}`);
      }
      for (const { name } of exchanges.filter(({ shared }) => shared === true))
        assert.ok(!matches(of(app).rights.configure, name), name);
    });

    it(`let ${app} send receipts, and write to no queue by its name`, () => {
      assert.ok(matches(of(app).rights.write, naming.receipts));
      // So the broker calls the exchange without a name.
      for (const name of ['', 'amq.default', 'amq.topic', 'amq.direct'])
        assert.ok(!matches(of(app).rights.write, name), name);
    });
  }

  it('let a worker read the queue of its target, and make, bind and write to nothing but the events of workers', () => {
    const whole = wholeTopology(naming, defaultRetryDelays, ['partner', 'partner-2']);
    for (const { name } of [...whole.queues, ...whole.exchanges]) {
      assert.deepEqual(
        workersThat(({ rights }) => matches(rights.read, name)),
        ['partner', 'partner-2'].filter((target) => name === naming.workerQueueOf(target)),
        name,
      );
      assert.deepEqual(
        workersThat(({ rights }) => matches(rights.write, name)),
        name === 'catena.archival' ? ['partner', 'partner-2'] : [],
        name,
      );
      assert.ok(!workers.some(({ rights }) => matches(rights.configure, name)), name);
    }
    for (const { exchange, key } of whole.bindings)
      assert.deepEqual(
        workersThat((account) => mayBind(account, exchange, key)),
        [],
        key,
      );
  });

  it('let job-assembler alone make the queues of workers, and nobody of Catena read them', () => {
    const { queues, bindings } = workerTopologyOf(naming, ['partner', 'partner-2']);
    assert.equal(queues.length, 2);
    for (const { name } of queues) {
      for (const right of ['configure', 'write'] as const)
        assert.deepEqual(
          appsThat(({ rights }) => matches(rights[right], name)),
          ['job-assembler'],
        );
      assert.deepEqual(
        appsThat(({ rights }) => matches(rights.read, name)),
        [],
      );
    }
    for (const { exchange, key } of bindings)
      assert.deepEqual(
        appsThat((account) => mayBind(account, exchange, key)),
        ['job-assembler'],
      );
  });

  it("let catalog-api alone hold the place of the catalogue's side, and write nothing there", () => {
    const holders = (right: 'configure' | 'read' | 'write'): AppName[] =>
      appsThat(({ rights }) => matches(rights[right], naming.catalogueSide));
    assert.deepEqual(
      [holders('configure'), holders('read'), holders('write')],
      [['catalog-api'], ['catalog-api'], []],
    );
    for (const account of [...workers, listenerAccountOf(naming)])
      for (const right of ['configure', 'read', 'write'] as const)
        assert.ok(!matches(account.rights[right], naming.catalogueSide), account.name);
  });

  it('leave the legacy feed to catalog-api', () => {
    for (const name of feed)
      for (const right of ['configure', 'write', 'read'] as const)
        assert.deepEqual(
          appsThat(({ rights }) => matches(rights[right], name)),
          ['catalog-api'],
        );
  });

  it('take names as they are: a dot is a dot, and an installation sees nothing of another', () => {
    assert.ok(!matches(of('archiver').rights.read, 'catenaXarchiver.inbox'));
    assert.ok(!matches(of('archiver').rights.read, 'x.catena.archiver.inbox'));
    assert.ok(!matches(of('archiver').rights.read, 'catena2.archiver.inbox'));
  });

  it('let the console hear of work and publications at queues of its own, and say nothing', () => {
    const { name, rights, topics } = listenerAccountOf(naming);
    assert.equal(name, 'catena.console');
    const queue = naming.listenersQueueOf('x');
    for (const right of ['configure', 'write', 'read'] as const) {
      assert.ok(matches(rights[right], queue), right);
      assert.deepEqual(
        accounts.filter((account) => matches(account.rights[right], queue)),
        [],
        'no app has a hand in it',
      );
    }
    const whole = wholeTopology(naming, defaultRetryDelays, ['partner']);
    const readable = whole.exchanges
      .map((exchange) => exchange.name)
      .filter((one) => matches(rights.read, one));
    assert.deepEqual(readable.sort(), ['catena.archival', 'catena.assembly', 'catena.publication']);
    for (const { name: other } of [...whole.queues, ...whole.exchanges])
      assert.ok(!matches(rights.write, other) && !matches(rights.configure, other), other);
    for (const { name: other } of whole.queues) assert.ok(!matches(rights.read, other), other);
    const mayHear = (type: string, key = type): boolean =>
      topics.some((topic) => topic.exchange === naming.exchangeOf(type) && matches(topic.read, key));
    const heard = registry.filter(({ type, consumers }) => mayHear(type, keyOf(type, consumers)));
    assert.deepEqual(heard.map(({ type }) => type).sort(), [...heardTypes].sort(), 'each of them there is');
    // By a link whoever holds it has the bytes, or gives others.
    for (const { type } of heard) assert.doesNotMatch(schemaOf(type), /"\w*ur[il]"/i, type);
    for (const key of [
      '#',
      '*',
      'archival.#',
      'archival.datablock-retrieved.v1',
      'archival.store-copy.v1.partner',
    ])
      assert.ok(!mayHear('archival.x', key), key);
    for (const topic of topics) assert.ok(!matches(topic.write, 'archival.x'));
  });

  it('are in the definitions, with everything that the apps declare', () => {
    const passwords = Object.fromEntries(appNames.map((app) => [app, `of ${app}`])) as Record<
      AppName,
      string
    >;
    const definitions = brokerDefinitionsOf({
      ...{ naming, retryDelays: defaultRetryDelays, passwords, feed },
      workers: { partner: 'of partner', 'partner-2': 'of partner 2' },
      listener: 'of the console',
    }) as {
      [part: string]: Record<string, unknown>[];
    };
    const all: readonly AccountRights[] = [...accounts, ...workers, listenerAccountOf(naming)];
    const whole = wholeTopology(naming, defaultRetryDelays, ['partner', 'partner-2']);
    const names = (part: string, key: string): unknown[] => definitions[part]!.map((entry) => entry[key]);
    assert.deepEqual(
      names('users', 'name'),
      all.map(({ name }) => name),
    );
    assert.deepEqual(
      definitions['permissions'],
      all.map(({ name, rights }) => ({ user: name, vhost: '/', ...rights })),
    );
    assert.deepEqual(
      names('queues', 'name'),
      whole.queues.map(({ name }) => name),
    );
    assert.deepEqual(new Set(names('exchanges', 'name')), new Set(whole.exchanges.map(({ name }) => name)));
    assert.equal(definitions['bindings']!.length, whole.bindings.length);
    assert.ok(!JSON.stringify(definitions).includes('of archiver'), 'passwords are hashed');
  });
});
