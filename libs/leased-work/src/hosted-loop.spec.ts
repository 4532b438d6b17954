import 'reflect-metadata';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createLogger, type Logger } from '#observability';
import { HostedLoop, type HostedLoopOptions } from './hosted-loop.js';

const logger = createLogger('hosted-loop.spec', 'silent');

/** Rounds that end when the test says so. */
class Rounds extends HostedLoop {
  readonly running: (() => void)[] = [];
  count = 0;
  most = 0;

  constructor(options: Partial<HostedLoopOptions> = {}) {
    super({ name: 'rounds', pause: 3_600_000, logger, fault: 'could not go round', ...options });
  }

  async round(): Promise<void> {
    this.count += 1;
    await new Promise<void>((resolve) => {
      this.running.push(resolve);
      this.most = Math.max(this.most, this.running.length);
    });
  }

  endOne(): void {
    this.running.shift()?.();
  }

  get isTold(): boolean {
    return this.stopping.aborted;
  }
}

const turns = async (count = 20): Promise<void> => {
  for (let index = 0; index < count; index += 1) await turn();
};

describe('A hosted loop', () => {
  it('goes round one at a time, however often it is woken', async () => {
    const rounds = new Rounds();
    rounds.onApplicationBootstrap();
    for (let wake = 0; wake < 5; wake += 1) {
      await turns();
      rounds.wake();
    }
    assert.deepEqual([rounds.count, rounds.most], [1, 1]);
    rounds.endOne();
    await turns();
    assert.deepEqual([rounds.count, rounds.most], [2, 1], 'the wake-ups were not lost');
    const stopping = rounds.beforeApplicationShutdown();
    rounds.endOne();
    await stopping;
  });

  it('says what it could not do, and goes round again', async () => {
    const said: string[] = [];
    class Failing extends Rounds {
      override round(): Promise<void> {
        this.count += 1;
        return Promise.reject(new Error('the database is away'));
      }
    }
    const warn = ({ error }: { error: string }, text: string): number => said.push(`${text}: ${error}`);
    const failing = new Failing({ logger: { warn } as unknown as Logger });
    failing.onApplicationBootstrap();
    await turns();
    failing.wake();
    await turns();
    await failing.beforeApplicationShutdown();
    assert.deepEqual(
      [failing.count, new Set(said)],
      [2, new Set(['could not go round: the database is away'])],
    );
  });

  it('does not begin before what it needs is there, and ends all the same when that never comes', async () => {
    const rounds = new Rounds({ ready: () => new Promise(() => undefined) });
    rounds.onApplicationBootstrap();
    await turns();
    await rounds.beforeApplicationShutdown();
    assert.equal(rounds.count, 0);
  });

  it('rests before its first round where a start has more urgent things to do', async () => {
    const rounds = new Rounds({ restsFirst: true });
    rounds.onApplicationBootstrap();
    await turns();
    await rounds.beforeApplicationShutdown();
    assert.equal(rounds.count, 0);
  });

  it('is told of the end before another feature is waited for, and ends before connections are closed', async () => {
    const [first, last] = [new Rounds(), new Rounds()];
    const ended: string[] = [];
    class Connection implements OnApplicationShutdown {
      onApplicationShutdown(): void {
        ended.push(`closed with ${first.running.length + last.running.length} rounds running`);
      }
    }
    @Module({ providers: [{ provide: 'loop', useValue: last }, Connection] })
    class Last {}
    @Module({ imports: [Last], providers: [{ provide: 'loop', useValue: first }] })
    class First {}
    const app = await NestFactory.createApplicationContext(First, { logger: false });
    await turns();
    assert.deepEqual([first.running.length, last.running.length], [1, 1]);
    const closing = app.close();
    await turns();
    assert.deepEqual([first.isTold, last.isTold, ended], [true, true, []]);
    for (const one of [first, last]) {
      one.endOne();
      await turns();
    }
    await closing;
    assert.deepEqual(ended, ['closed with 0 rounds running']);
  });
});
