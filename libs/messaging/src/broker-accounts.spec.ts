import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { appNames, registry, type AppName } from '#contracts';
import { accountsOf, type BrokerAccount } from './broker-accounts.js';
import { brokerDefinitionsOf } from './broker-definitions.js';
import { Naming } from './naming.js';
import { defaultRetryDelays, topologyOf, wholeTopology } from './topology.js';

const naming = new Naming('catena');
const feed = ['jobs.write', 'client.jobs.write'];
const accounts = accountsOf(naming, feed);
const matches = (pattern: string, name: string): boolean => new RegExp(pattern).test(name);
const of = (app: AppName): BrokerAccount => accounts.find((account) => account.app === app)!;
/** As the broker decides: the right to write at the exchange, and with that routing key. */
const mayPublish = ({ rights, topics }: BrokerAccount, exchange: string, key: string): boolean =>
  matches(rights.write, exchange) &&
  topics.filter((topic) => topic.exchange === exchange).every(({ write }) => matches(write, key));
const mayBind = ({ rights, topics }: BrokerAccount, exchange: string, key: string): boolean =>
  matches(rights.read, exchange) &&
  topics.filter((topic) => topic.exchange === exchange).every(({ read }) => matches(read, key));
const appsThat = (may: (account: BrokerAccount) => boolean): AppName[] =>
  accounts.filter(may).map(({ app }) => app);

describe('The accounts at the broker', () => {
  for (const { type, emitter, consumers } of registry) {
    it(`let ${emitter} publish ${type} and nobody else`, () =>
      assert.deepEqual(
        appsThat((account) => mayPublish(account, naming.exchangeOf(type), type)),
        [emitter],
      ));

    it(`let ${consumers.join(', ') || 'nobody'} bind ${type} and nobody else`, () =>
      assert.deepEqual(
        appsThat((account) => mayBind(account, naming.exchangeOf(type), type)),
        appNames.filter((app) => consumers.includes(app)),
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

  it('are in the definitions, with everything that the apps declare', () => {
    const passwords = Object.fromEntries(appNames.map((app) => [app, `of ${app}`])) as Record<
      AppName,
      string
    >;
    const definitions = brokerDefinitionsOf({ naming, retryDelays: defaultRetryDelays, passwords, feed }) as {
      [part: string]: Record<string, unknown>[];
    };
    const whole = wholeTopology(naming, defaultRetryDelays);
    const names = (part: string, key: string): unknown[] => definitions[part]!.map((entry) => entry[key]);
    assert.deepEqual(
      names('users', 'name'),
      accounts.map(({ name }) => name),
    );
    assert.deepEqual(
      definitions['permissions'],
      accounts.map(({ name, rights }) => ({ user: name, vhost: '/', ...rights })),
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
