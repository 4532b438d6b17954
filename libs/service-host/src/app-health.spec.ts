import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceUnavailableException } from '@nestjs/common';
import { SystemClock, wait } from '#kernel';
import { MemoryTransport } from '#messaging/testing';
import { createLogger } from '#observability';
import type { MongoConnection } from '#persistence';
import type { OutboxStore } from '#outbox';
import { AppHealth } from './app-health.js';
import { HealthController } from './health.controller.js';
import type { ServiceHostOptions } from './service-host.options.js';

/** An app with a part, and how often its services were asked anything. */
function app() {
  const asked = { database: 0, outbox: 0, part: 0 };
  const backlog = { fails: false };
  const mongo = { ready: true, ping: () => Promise.resolve(void (asked.database += 1)) };
  const unaccepted = { documents: 2, oldestMs: 70_000 };
  const outbox = {
    backlog: () => {
      asked.outbox += 1;
      if (backlog.fails) return Promise.reject(new Error('no answer'));
      return Promise.resolve({ documents: 1, oldestMs: 5, unaccepted });
    },
  };
  const health = new AppHealth(
    mongo as unknown as MongoConnection,
    new MemoryTransport(),
    outbox as unknown as OutboxStore,
    new SystemClock(),
    createLogger('app-health.spec', 'silent'),
  );
  health.add('archiver', () => {
    asked.part += 1;
    return Promise.resolve({ status: 'silent', released: 3 });
  });
  const options = { app: 'job-assembler', livenessLimit: 60_000, installation: 'ours' };
  const controller = new HealthController(options as ServiceHostOptions, health);
  return { asked, backlog, mongo, health, controller };
}

type Ready = {
  status: string;
  installation?: string;
  details: Record<string, { status: string }>;
  outbox?: { status?: string; documents?: number; unaccepted?: { documents: number } };
};

describe('The health of an app', () => {
  it('is answered from what the app knows: a flood of calls asks nobody anything', async () => {
    const { asked, health, controller } = app();
    health.onApplicationBootstrap();
    while (health.found['archiver']?.status !== 'silent' || health.outbox === undefined)
      await new Promise(setImmediate);
    await health.beforeApplicationShutdown();
    const before = { ...asked };
    for (let call = 0; call < 5000; call += 1) {
      for (const answer of [controller.ready(), controller.check(), controller.live()])
        assert.ok(!(answer instanceof Promise));
    }
    assert.deepEqual(asked, before);
    assert.ok(before.database <= 2 && before.outbox <= 2, JSON.stringify(before));
  });

  it('is brought up to date by whoever asks after a while: once for all who do', async (test) => {
    const { asked, health, controller } = app();
    let passed = 0;
    const real = performance.now.bind(performance);
    test.mock.method(performance, 'now', () => real() + passed);
    health.onApplicationBootstrap();
    while (health.outbox === undefined) await new Promise(setImmediate);
    await wait(20);
    const before = { ...asked };
    passed = 4000;
    const answers = await Promise.all(Array.from({ length: 100 }, async () => controller.ready()));
    assert.ok(answers.every((answer) => (answer as Ready).details['archiver']?.status === 'silent'));
    assert.deepEqual(asked, {
      database: before.database + 1,
      outbox: before.outbox + 1,
      part: before.part + 1,
    });
    await health.beforeApplicationShutdown();
  });

  it('waits a second for a part that does not answer, and says the rest; then nobody waits for it', async (test) => {
    const { health, controller } = app();
    let passed = 0;
    const real = performance.now.bind(performance);
    test.mock.method(performance, 'now', () => real() + passed);
    let answer: () => void = () => undefined;
    let hangs = false;
    health.add('share', async () => {
      if (hangs) await new Promise<void>((resolve) => (answer = resolve));
      return { status: 'up' };
    });
    health.onApplicationBootstrap();
    while (health.found['share']?.status !== 'up' || health.outbox === undefined)
      await new Promise(setImmediate);
    await wait(20);
    [hangs, passed] = [true, 4000];
    const began = real();
    assert.equal(((await controller.ready()) as Ready).status, 'ok');
    assert.ok(real() - began >= 900);
    assert.ok(!(controller.ready() instanceof Promise));
    answer();
    await health.beforeApplicationShutdown();
  });

  it('names a part that is silent, and messages that nobody has accepted, and stays ready', async () => {
    const { health, controller } = app();
    health.onApplicationBootstrap();
    while (health.found['archiver']?.status !== 'silent' || health.outbox === undefined)
      await new Promise(setImmediate);
    await health.beforeApplicationShutdown();
    const { status, details, outbox } = controller.ready() as Ready;
    assert.deepEqual([status, details['archiver']?.status], ['ok', 'silent']);
    assert.equal(outbox?.unaccepted?.documents, 2);
  });

  it('says unknown of a backlog that cannot be counted now, not what it was before', async () => {
    const { backlog, health, controller } = app();
    const said = async (): Promise<Ready['outbox']> => ((await controller.ready()) as Ready).outbox;
    health.onApplicationBootstrap();
    while ((await said())?.documents !== 1) await wait(5);
    backlog.fails = true;
    while ((await said())?.status !== 'unknown') await wait(5);
    assert.deepEqual(await said(), { status: 'unknown' });
    backlog.fails = false;
    while ((await said())?.documents !== 1) await wait(5);
    await health.beforeApplicationShutdown();
  });

  it('says whose app it is that is ready', () => {
    assert.equal((app().controller.ready() as Ready).installation, 'ours');
  });

  it('is 503 as soon as a connection tells that it is lost', () => {
    const { mongo, controller } = app();
    assert.equal((controller.ready() as Ready).status, 'ok');
    mongo.ready = false;
    assert.throws(
      () => controller.ready(),
      (error: unknown) => {
        assert.ok(error instanceof ServiceUnavailableException);
        const answer = error.getResponse() as Ready;
        assert.equal(answer.details['database']?.status, 'down');
        return true;
      },
    );
  });
});
