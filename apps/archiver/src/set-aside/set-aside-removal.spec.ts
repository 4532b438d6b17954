import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock, PermanentError, TransientError } from '#kernel';
import { createLogger } from '#observability';
import { AuditTrail, OperatorActions } from '#operations';
import { memoryConnection } from '#operations/testing';
import type { SetAsideSweep } from './set-aside-sweep.js';
import { SetAsideController } from './set-aside.controller.js';
import type { SetAside } from './set-aside.js';
import { broughtBack, inOtherHands, keptBy, removed, type Settlement } from './settlement.js';

const olga = { name: 'olga', groups: [], via: 'console' as const, from: '10.0.0.1' };

/** A controller whose sweep ends so, with files that are in this state behind it. */
function scene(settled: () => Settlement | undefined, state?: string) {
  const trail = new AuditTrail(memoryConnection(), new ManualClock(), 86_400_000);
  const actions = new OperatorActions(trail, createLogger('test', 'silent'), 120_000);
  let looks = 0;
  const settleNow = async (): Promise<Settlement | undefined> => {
    await Promise.resolve((looks += 1));
    return settled();
  };
  const controller = new SetAsideController(
    { stateOf: () => Promise.resolve(state) } as unknown as SetAside,
    { settleNow } as unknown as SetAsideSweep,
    actions,
  );
  controller.onModuleInit();
  const remove = (key = 'key-12345') =>
    controller.remove('t', undefined, { reason: 'room' }, { ...olga, key });
  const trailed = async () =>
    (await trail.list({ limit: 9 })).items.map(({ outcome, fault }) => [outcome, fault?.code]);
  return { remove, trailed, looks: () => looks };
}

describe('The removal of a file that was set aside', () => {
  it('is said to be done where it is gone, and so it stands in the audit trail', async () => {
    const { remove, trailed } = scene(() => removed);
    assert.deepEqual(await remove(), { state: 'removed' });
    assert.deepEqual(await trailed(), [['done', undefined]]);
  });

  it('that came to nothing says what became of it and why, also to the same call, and is none in the trail', async () => {
    const missing = keptBy(new PermanentError('archiver.originals-missing', '2 of 2 missing'));
    const away = keptBy(new TransientError('archiver.source-away', 'the root is away'));
    assert.deepEqual(missing, {
      ...{ state: 'kept', code: 'archiver.originals-missing', reason: '2 of 2 missing' },
    });
    for (const settlement of [missing, away, broughtBack, inOtherHands]) {
      const { remove, trailed, looks } = scene(() => settlement);
      assert.deepEqual(await remove(), settlement);
      assert.deepEqual(await remove(), settlement);
      assert.equal(looks(), 1);
      assert.deepEqual(await trailed(), [['refused', settlement.code]]);
    }
  });

  it('is not said of one in other hands, and refused where there is none', async () => {
    assert.deepEqual(await scene(() => undefined, 'removing').remove(), inOtherHands);
    for (const state of [undefined, 'returning'])
      await assert.rejects(scene(() => undefined, state).remove(), { code: 'operations.not-there' });
  });

  it('that failed, since the database was away, is answered so', async () => {
    const { remove } = scene(() => {
      throw new TransientError('operations.service-away', 'away');
    });
    await assert.rejects(remove(), { code: 'operations.service-away' });
  });
});
