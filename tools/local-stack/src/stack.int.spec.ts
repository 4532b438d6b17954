import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { mongo } from 'mongoose';
import { startStack, type Stack } from './index.js';

const log = (): void => undefined;
/** Where roots are cached, and nothing that would replace a service. */
const { CATENA_CACHE, XDG_CACHE_HOME } = process.env;
const environment = { CATENA_CACHE, XDG_CACHE_HOME };

let dataDirectory: string;
let stack: Stack;
let client: mongo.MongoClient;
let documents: mongo.Collection<{ _id: number; n: number }>;

before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'catena stack ä '));
  stack = await startStack({ dataDirectory, services: ['mongodb'], log, environment });
  client = new mongo.MongoClient(stack.environment['MONGODB_URI'] as string);
  documents = client.db('stack').collection<{ _id: number; n: number }>('documents');
});
after(async () => {
  await client.close();
  await stack.stop();
  await rm(dataDirectory, { recursive: true, force: true });
});

describe('a service of the stack', () => {
  it('keeps its port and what was written when it is killed', async () => {
    const { pid, port } = stack.service('mongodb');
    for (let round = 0; round < 3; round++) {
      await documents.insertOne({ _id: round, n: 0 });
      await stack.service('mongodb').kill();
      assert.equal(await stack.service('mongodb').healthy(), false);
      await stack.service('mongodb').start();
      assert.equal(await documents.countDocuments(), round + 1);
    }
    assert.notEqual(stack.service('mongodb').pid, pid);
    assert.equal(stack.service('mongodb').port, port);
  });

  it('loses no acknowledged write when it is killed under load', async () => {
    const acknowledged: number[] = [];
    let stopped = false;
    const writer = async (first: number): Promise<void> => {
      for (let id = first; !stopped; id += 8) {
        await documents.insertOne({ _id: id, n: 1 }).then(
          () => acknowledged.push(id),
          () => undefined,
        );
      }
    };
    const writers = Array.from({ length: 8 }, (_, index) => writer(1000 + index));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await stack.service('mongodb').kill();
    stopped = true;
    await stack.service('mongodb').start();
    await Promise.all(writers);
    const found = new Set(await documents.distinct('_id'));
    assert.ok(acknowledged.length > 0);
    assert.deepEqual(
      acknowledged.filter((id) => !found.has(id)),
      [],
    );
  });

  it('restarts in good order', async () => {
    await stack.service('mongodb').restart();
    assert.equal(await stack.service('mongodb').healthy(), true);
  });
});

describe('a stack', () => {
  it('is alone in its data directory', async () => {
    await assert.rejects(
      startStack({ dataDirectory, services: ['mongodb'], log, environment }),
      /already runs/,
    );
  });

  it('takes a service from the environment instead of starting it', async () => {
    const there = { MONGODB_URI: stack.environment['MONGODB_URI'] as string };
    const given = { ...environment, ...there };
    const other = await startStack({ dataDirectory, services: ['mongodb'], log, environment: given });
    assert.deepEqual(other.environment, there);
    assert.throws(() => other.service('mongodb'), /does not run/);
    await other.stop();
    assert.equal(await stack.service('mongodb').healthy(), true);
  });

  it('says at once when nobody answers where the environment says that a service is', async () => {
    const given = { ...environment, RABBITMQ_URL: 'amqp://127.0.0.1:1' };
    await assert.rejects(
      startStack({ dataDirectory, services: ['rabbitmq'], log, environment: given }),
      /RABBITMQ_URL to answer, found nobody at 127\.0\.0\.1:1/,
    );
  });
});
