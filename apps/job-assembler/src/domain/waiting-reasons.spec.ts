import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  runningReason,
  waitingReasons,
  type JobSituation,
  type Reason,
  type ReleasedWork,
} from './waiting-reasons.js';

const now = 10_000_000;
const minutes = (count: number): number => now - count * 60_000;
const work = (more: Partial<ReleasedWork> = {}): ReleasedWork => ({
  ...{ id: 'j/0/0', releasedAt: minutes(10), acceptedAt: minutes(9), heardAt: now },
  ...more,
});
const found = (more: Partial<JobSituation>): Reason[] =>
  waitingReasons({ now, lanes: [], released: [], silence: 180_000, before: [], ...more });
const reasons = (more: Partial<JobSituation>): string[] => found(more).map(({ message }) => message);
const slot = {
  code: 'limit.target',
  facts: { target: 'lts', limit: 3, used: 3 },
  message: 'a slot',
} as const;

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

  it('is the end of its cancellation, while work of it still runs', () => {
    assert.deepEqual(reasons({ cancelling: true }), []);
    assert.deepEqual(
      found({ cancelling: true, released: [work(), work()] }).map(({ code, facts }) => [code, facts]),
      [['cancel.waiting', { workOrders: 2 }]],
    );
  });

  it('is nothing while it is worked on, which is told with how far that is', () => {
    const told = runningReason({ total: 300, done: 100.5 }, new Date(now));
    assert.deepEqual(
      [told.code, told.facts],
      ['work.running', { percent: 33, bytesDone: 100, bytesTotal: 300 }],
    );
    assert.equal(runningReason({ total: 0, done: 0 }, new Date(now)).facts['percent'], 0);
  });

  it('is what the archiver says, once for all work orders that say the same', () =>
    assert.deepEqual(reasons({ released: [work({ waits: 'no room' }), work({ waits: 'no room' })] }), [
      'the archiver, which says: no room',
    ]));

  it('is its plan, a limit, or the catalogue', () =>
    assert.deepEqual(
      reasons({
        planFault: { message: 'no catalogue', next: new Date(now) },
        ...{ lanes: [slot], registeringSince: minutes(3) },
      }),
      ['its plan: no catalogue', 'a slot', 'the catalogue: datablocks have not been registered for 3 min'],
    ));

  it('has a code, its facts, and the time since when it is so', () => {
    const stuck = work({ unsentSince: minutes(1), unacceptedSince: minutes(5) });
    const codes = found({
      planFault: { message: 'no catalogue', next: new Date(now + 1) },
      ...{ lanes: [slot], released: [stuck, work({ heardAt: minutes(4), waits: 'no room' })] },
      registeringSince: minutes(3),
    }).map(({ code, since, facts, next }) => [code, now - since.getTime(), facts, next]);
    assert.deepEqual(codes, [
      ['plan.waiting', 0, { reason: 'no catalogue' }, new Date(now + 1)],
      ['limit.target', 0, { target: 'lts', limit: 3, used: 3 }, undefined],
      ['work.unsent', 60_000, { workOrders: 1 }, undefined],
      ['work.unaccepted', 300_000, { workOrders: 1 }, undefined],
      ['work.silent', 240_000, { workOrders: 1 }, undefined],
      ['work.waiting', 0, { reason: 'no room' }, undefined],
      ['register.waiting', 180_000, {}, undefined],
    ]);
  });

  it('is the same reason while its code and its names stay, whatever its numbers: it has held since it was seen first', () => {
    const since = new Date(minutes(7));
    const before = [{ ...slot, facts: { ...slot.facts, used: 2 }, since }];
    const other = { ...slot, facts: { ...slot.facts, target: 'tape' } };
    assert.deepEqual(
      found({ lanes: [slot, other, slot], before }).map(({ facts, since: from }) => [facts['target'], from]),
      [
        ['lts', since],
        ['tape', new Date(now)],
      ],
    );
  });

  it('is what the worker of others says: no word of the archiver', () => {
    const told = [1, 2].map(() => work({ waits: 'the drive is cleaned', worker: 'vault' }));
    assert.deepEqual(
      found({ released: [...told, work({ waits: 'no room', worker: 'tape' })] }).map(({ code, facts }) => [
        code,
        facts,
      ]),
      [
        ['worker.outside', { target: 'vault', reason: 'the drive is cleaned' }],
        ['worker.outside', { target: 'tape', reason: 'no room' }],
      ],
    );
  });

  it('is what the archiver says as a code, where this version knows it', () => {
    const told = (['source.away', 'of.a-newer-version', undefined] as const).map((waitCode, index) =>
      work({ waits: `reason ${index}`, waitCode }),
    );
    assert.deepEqual(
      found({ released: told }).map(({ code, message }) => [code, message]),
      [
        ['source.away', 'the archiver, which says: reason 0'],
        ['work.waiting', 'the archiver, which says: reason 1'],
        ['work.waiting', 'the archiver, which says: reason 2'],
      ],
    );
  });
});
