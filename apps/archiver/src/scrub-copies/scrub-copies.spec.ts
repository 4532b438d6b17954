import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { createLogger } from '#observability';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { ScrubbedArchive } from '../testing/scrubbed-archive.js';
import { ScrubCopies } from './scrub-copies.js';
import type { TargetScrub } from './target-scrub.js';

const logger = createLogger('scrub-copies.spec', 'silent');

describe('The loop that reads old copies', () => {
  const { shares } = new ScrubbedArchive();
  const store = { whenReady: () => Promise.resolve() } as unknown as ArchiverStore;
  const loopOver = (step: (target: string, signal: AbortSignal) => Promise<boolean>): ScrubCopies =>
    new ScrubCopies(store, { step } as unknown as TargetScrub, shares, logger);

  it('is at each target once at a time, and stays there while there is something to read', async () => {
    const steps: string[] = [];
    const running = new Set<string>();
    const loop = loopOver(async (target) => {
      assert.ok(!running.has(target));
      running.add(target);
      steps.push(target);
      await turn();
      running.delete(target);
      return steps.filter((one) => one === target).length < 3;
    });
    // Three lanes for two targets: one of them finds none free.
    await Promise.all([loop.round(), loop.round(), loop.round()]);
    assert.deepEqual(steps.sort(), ['disk', 'disk', 'disk', 'tape', 'tape', 'tape']);
    await loop.round();
    assert.equal(steps.length, 7, 'a target is free again afterwards');
  });

  it('leaves a target free when a step there fails', async () => {
    const seen: string[] = [];
    const loop = loopOver((target) => {
      seen.push(target);
      return Promise.reject(new Error('the database is away'));
    });
    for (let count = 0; count < 3; count += 1) await assert.rejects(loop.round(), /the database is away/);
    assert.deepEqual(seen, ['disk', 'tape', 'disk']);
  });

  it('breaks off a reading when the app ends, and says nothing of a fault', async () => {
    let steps = 0;
    const loop = loopOver((_, signal) => {
      steps += 1;
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('broken off')), { once: true }),
      );
    });
    const round = loop.round();
    await turn();
    loop.onModuleDestroy();
    await round;
    assert.equal(steps, 1);
    await loop.round();
    assert.equal(steps, 1, 'nothing begins after that');
  });
});
