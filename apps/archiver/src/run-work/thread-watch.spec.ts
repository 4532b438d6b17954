import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from '#observability';
import type { ArchiverConfig } from '../archiver.config.js';
import { ThreadWatch } from './thread-watch.js';
import type { WorkRunner } from './work-runner.js';

describe('The watch over the threads that read files', () => {
  const scene = () => {
    const told: string[] = [];
    const runner = {
      yieldWork: () => Promise.resolve(void told.push('yield')),
      resume: () => void told.push('resume'),
    };
    const config = { threadLimit: 20 } as ArchiverConfig;
    const watch = new ThreadWatch(runner as unknown as WorkRunner, config, createLogger('spec', 'silent'));
    return { told, watch };
  };

  it('gives work back when no thread is free, and takes work again when one is', async () => {
    const { told, watch } = scene();
    let free: () => void = () => undefined;
    const looking = watch.look(() => new Promise<void>((resolve) => (free = resolve)));
    while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.deepEqual(told, ['yield']);
    let ended = false;
    void looking.then(() => (ended = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(ended, false, 'the look that hangs keeps the loop from moving, so liveness fails');
    free();
    await looking;
    assert.deepEqual(told, ['yield', 'resume']);
  });

  it('leaves work alone while threads answer', async () => {
    const { told, watch } = scene();
    await watch.look(() => Promise.resolve());
    assert.deepEqual(told, []);
  });
});
