import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { routesOf, rulesOf, targetOf } from '../testing/release-rules.js';
import { deferredReason, laneReason } from './lane-reasons.js';
import { Slots } from './slots.js';
import type { Pause } from './steering.js';

const now = new Date('2026-02-01T12:00:00Z');
const later = new Date('2026-02-01T13:00:00Z');
const window = { kind: 'once', from: now, to: later, reason: 'new firmware' } as const;
const routes = routesOf(targetOf('tape'), targetOf('shut', { windows: [window] }), targetOf('disk'));
const pauseOf = (scope: Pause['scope']): Pause => ({
  ...{ id: scope, scope, by: 'olga', reason: 'drive 3 is out', since: now },
});

function reasonFor(target: string, more: Parameters<typeof rulesOf>[0] = {}, taken = 0) {
  const slots = new Slots(rulesOf({ routes, now, ...more }));
  const lane = { group: 'g', target };
  slots.take(lane, slots.targetsOf(lane, undefined), taken);
  return laneReason(slots, lane);
}

describe('The reason why work of a lane is not released', () => {
  it('is none where there is room', () => assert.equal(reasonFor('write:r@tape'), undefined));

  it('is the limit of its target, of its group, or of all, with numbers', () => {
    assert.deepEqual(reasonFor('write:r@tape', {}, 8), {
      code: 'limit.target',
      facts: { target: 'tape', direction: 'write', limit: 8, used: 8 },
      message: 'a slot for writing to tape: all 8 of tape are taken',
    });
    const limits = { global: 9, perGroup: 3, perTarget: 9 };
    assert.deepEqual(reasonFor('read:r@tape|disk', { limits }, 3), {
      code: 'limit.group',
      facts: { group: 'g', limit: 3, used: 3 },
      message: 'a slot for reading from tape or disk: its group has all of its 3 (LIMIT_PER_GROUP)',
    });
    assert.deepEqual(reasonFor('write:r@tape+disk', { limits: { ...limits, global: 2 } }, 2), {
      code: 'limit.global',
      facts: { limit: 2, used: 2 },
      message: 'a slot for writing to tape and disk: all 2 are taken (LIMIT_GLOBAL)',
    });
  });

  it('of a move is also what holds where its copy is: a limit for reading, a pause, a window', () => {
    const reading = { group: 'g', target: 'read:r@tape' };
    const slots = new Slots(rulesOf({ routes, now }));
    slots.take(reading, ['tape'], 8);
    assert.deepEqual(laneReason(slots, { group: 'g', target: 'move:r@tape>disk' }), {
      code: 'limit.target',
      facts: { target: 'tape', direction: 'read', limit: 8, used: 8 },
      message: 'a slot for writing to disk, and one for reading from tape: all 8 of tape are taken',
    });
    assert.equal(reasonFor('move:r@shut>disk')?.code, 'window.closed');
    const pauses = [pauseOf('target:tape')];
    assert.equal(reasonFor('move:r@tape>disk', { steering: { pauses } })?.code, 'paused');
    assert.equal(reasonFor('move:r@tape>disk'), undefined);
  });

  it('is a pause, with who says so and why', () => {
    for (const scope of ['all', 'group:g', 'route:r', 'target:tape'] as const) {
      const found = reasonFor('write:r@tape', { steering: { pauses: [pauseOf(scope)] } });
      assert.deepEqual(
        [found?.code, found?.facts],
        ['paused', { scope, by: 'olga', reason: 'drive 3 is out' }],
      );
      const of = scope === 'all' ? '' : ` of ${scope.replace(':', ' ')}`;
      assert.equal(found?.message, `the end of a pause${of}: olga says: drive 3 is out`);
    }
    assert.equal(
      reasonFor('read:r@tape|disk', { steering: { pauses: [pauseOf('target:tape')] } }),
      undefined,
    );
  });

  it('is a maintenance window, with its end, or a target that ROUTES_FILE has no more', () => {
    assert.deepEqual(reasonFor('write:r@tape+shut'), {
      code: 'window.closed',
      facts: { target: 'shut', reason: 'new firmware' },
      next: later,
      message: 'the end of maintenance of shut until 2026-02-01T13:00:00.000Z: new firmware',
    });
    assert.deepEqual(reasonFor('write:r@tape+gone+shut')?.code, 'target.unknown', 'what lasts longest');
    assert.deepEqual(reasonFor('read:r@gone|shut')?.code, 'window.closed', 'what ends first');
    assert.deepEqual(reasonFor('erase:r@tape')?.facts, { lane: 'erase:r@tape' });
  });

  it('is the time that an operator gave the job', () =>
    assert.deepEqual(deferredReason(later, { by: 'olga', reason: 'night shift' }), {
      ...{ code: 'deferred', facts: { by: 'olga', reason: 'night shift' }, next: later },
      message: 'its time, 2026-02-01T13:00:00.000Z: olga says: night shift',
    }));
});
