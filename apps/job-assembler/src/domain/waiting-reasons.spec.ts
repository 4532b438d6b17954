import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { waitingReasons, type JobSituation, type ReleasedWork } from './waiting-reasons.js';

const now = 10_000_000;
const minutes = (count: number): number => now - count * 60_000;
const work = (more: Partial<ReleasedWork> = {}): ReleasedWork => ({
  ...{ id: 'j/0/0', releasedAt: minutes(10), acceptedAt: minutes(9), heardAt: now },
  ...more,
});
const reasons = (more: Partial<JobSituation>): string[] =>
  waitingReasons({ now, limits: [], released: [], silence: 180_000, ...more });

describe('What a job waits for', () => {
  it('is nothing while its work gets on', () => assert.deepEqual(reasons({ released: [work()] }), []));

  it('is a frozen archiver: it accepted work, or was sent work, and is heard of no more', () => {
    assert.deepEqual(reasons({ released: [work({ heardAt: minutes(5) }), work({ heardAt: minutes(1) })] }), [
      'the archiver: no sign of life of 1 work order(s) for 5 min',
    ]);
    assert.deepEqual(reasons({ released: [work({ unacceptedSince: minutes(10) })] }), [
      'the archiver: it has not accepted 1 work order(s) for 10 min',
    ]);
  });

  it('is no archiver that has just been reached: a message is as old as itself, and silence counts from what it accepted', () => {
    const old = { releasedAt: minutes(300) };
    for (const more of [
      { ...old, unacceptedSince: now },
      { ...old, unsentSince: now },
      { ...old, acceptedAt: now, heardAt: undefined },
      { ...old, acceptedAt: now, heardAt: minutes(200) },
      // Nobody has looked since it accepted the last message.
      { ...old, acceptedAt: undefined, heardAt: minutes(200) },
    ])
      assert.deepEqual(reasons({ released: [work(more)] }), [], JSON.stringify(more));
  });

  it('is both the broker and the archiver for work of which one message is stuck with each', () =>
    assert.deepEqual(
      reasons({ released: [work({ unsentSince: minutes(1), unacceptedSince: minutes(5) })] }),
      [
        'the broker: 1 work order(s) could not be sent for 1 min',
        'the archiver: it has not accepted 1 work order(s) for 5 min',
      ],
    ));

  it('is the broker, as long as messages cannot be sent', () =>
    assert.deepEqual(reasons({ released: [work({ unsentSince: minutes(10) })] }), [
      'the broker: 1 work order(s) could not be sent for 10 min',
    ]));

  it('is what the archiver says, once for all work orders that say the same', () =>
    assert.deepEqual(reasons({ released: [work({ waits: 'no room' }), work({ waits: 'no room' })] }), [
      'the archiver, which says: no room',
    ]));

  it('is its plan, a limit, or the catalogue', () =>
    assert.deepEqual(
      reasons({ planFault: 'no catalogue', limits: ['a slot'], registeringSince: minutes(3) }),
      ['its plan: no catalogue', 'a slot', 'the catalogue: datablocks have not been registered for 3 min'],
    ));
});
