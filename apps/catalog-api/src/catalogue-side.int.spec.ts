import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newId } from '#kernel';
import { BrokerVisit, catalogueSideOf, Naming, RabbitTransport } from '#messaging';
import { CuttingProxy, until } from '#messaging/testing';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';

const { MONGODB_URI: mongodb, RABBITMQ_URL: rabbitmq } = process.env;
assert.ok(mongodb && rabbitmq, 'MONGODB_URI and RABBITMQ_URL must name services: run `npm test`.');
const main = fileURLToPath(new URL('./main.js', import.meta.url));
const logger = createLogger('catalogue-side.int.spec', 'silent');
const database = new URL(mongodb);
database.pathname = `/side-${newId().slice(0, 8)}`;

/** A process of catalog-api. */
class Catalogue {
  output = '';
  readonly ended: Promise<unknown[]>;
  readonly child: ChildProcess;

  constructor(prefix: string, url: string) {
    const settings = { MONGODB_URI: database.toString(), RABBITMQ_URL: url, CATENA_PREFIX: prefix };
    this.child = spawn(process.execPath, [main], {
      env: { ...process.env, ...settings, PORT: '0', JWT_SECRET: 'a secret of the test' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.ended = once(this.child, 'close');
  }

  async ends(): Promise<number | null> {
    await this.ended;
    return this.child.exitCode;
  }
}

describe("catalog-api, beside another app on the catalogue's side,", () => {
  let naming: Naming;
  let broker: BrokerVisit;
  const started: Catalogue[] = [];
  const start = (url = rabbitmq): Catalogue => {
    const catalogue = new Catalogue(naming.prefix, url);
    started.push(catalogue);
    return catalogue;
  };
  const bridge = (): RabbitTransport =>
    new RabbitTransport(
      {
        ...{ url: rabbitmq, connectionName: 'bridge', onFatal: () => undefined },
        place: catalogueSideOf(naming, 'scicat-bridge'),
      },
      logger,
    );
  /** How many connections consume a queue; each process has two that hold the place, and one that consumes the inbox. */
  const consumersOf = async (queue: string): Promise<number> => (await broker.look(queue))?.consumers ?? 0;

  before(async () => {
    broker = await BrokerVisit.begin(rabbitmq, 'catalogue-side.int.spec');
  });
  beforeEach(() => {
    naming = new Naming(`side-${newId().slice(0, 8)}`);
  });
  after(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await broker.end();
    const mongo = new MongoConnection({ uri: database.toString(), appName: 'spec' }, logger);
    await mongo.whenReady();
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  it('does not start, consumes nothing, and says in one sentence what to do', async () => {
    const other = bridge();
    try {
      await until(() => other.connected);
      const catalogue = start();
      assert.equal(await catalogue.ends(), 1, catalogue.output);
      assert.match(
        catalogue.output,
        /Expected catalog-api to be alone on the catalogue's side of the prefix side-\w+, found that another app \(scicat-bridge\) serves it: stop that one first, or give this one another CATENA_PREFIX\./,
      );
      assert.equal(await consumersOf(naming.inboxOf('catalog-api')), 0);
    } finally {
      await other.close();
    }
  });

  it('works in several processes, and ends with exit code 1 when the other app took over while it was cut off', async () => {
    const proxy = await CuttingProxy.before(rabbitmq);
    const [cutOff, second] = [start(proxy.url), start()];
    await until(async () => (await consumersOf(naming.catalogueSide)) === 4);
    await until(async () => (await consumersOf(naming.inboxOf('catalog-api'))) === 2);
    proxy.refuse();
    second.child.kill('SIGTERM');
    await second.ended;
    let other = bridge();
    try {
      while (!other.connected) {
        await other.close();
        other = bridge();
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      proxy.admit();
      assert.equal(await cutOff.ends(), 1, cutOff.output);
      assert.match(cutOff.output, /messaging\.catalogue-side-taken/);
    } finally {
      await other.close();
      await proxy.close();
    }
  });
});
