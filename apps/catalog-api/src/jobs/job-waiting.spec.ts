import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JobRecord } from '../persistence/records.js';
import { jobWaits } from './job-waiting.js';

const now = 10_000_000;
const row = (age: number, publishedAt?: number) => ({
  ...{ id: 'm', awaits: ['job-assembler'], time: new Date(now - age) },
  ...(publishedAt === undefined ? {} : { publishedAt: new Date(now - publishedAt) }),
});
const job = (rows: object[], progress?: object, finished = false): JobRecord =>
  ({ catena: { workflow: 'archive', finished, outbox: { rows }, progress } }) as unknown as JobRecord;

const jobWaitsFor = (of: JobRecord, at: number): readonly string[] => jobWaits(of, at).waitsFor;

describe('What a job says that it waits for', () => {
  it('is the broker while its message cannot be sent, and job-assembler while that does not accept it', () => {
    assert.deepEqual(jobWaitsFor(job([row(60_000)]), now), [
      'the broker: 1 message(s) of the job could not be sent',
    ]);
    assert.deepEqual(jobWaitsFor(job([row(60_000, 50_000)]), now), [
      'job-assembler: it has not accepted what it was sent of the job',
    ]);
    assert.deepEqual(jobWaitsFor(job([row(1000)]), now), []);
  });

  it('is what job-assembler told last, and that it fell silent', () => {
    const progress = (age: number): object => ({ at: new Date(now - age), waitsFor: ['a slot'] });
    assert.deepEqual(jobWaitsFor(job([], progress(1000)), now), ['a slot']);
    assert.deepEqual(jobWaitsFor(job([], progress(240_000)), now), [
      'job-assembler: nothing was heard of the job for 4 min',
      'a slot',
    ]);
  });

  it('is its time, until that comes or it is cancelled', () => {
    const timed = (more: object): JobRecord =>
      ({
        catena: { ...{ workflow: 'archive', finished: false, outbox: { rows: [] } }, ...more },
      }) as unknown as JobRecord;
    const notBefore = new Date(now + 1);
    assert.deepEqual(jobWaitsFor(timed({ notBefore }), now), [
      `its time: it begins at ${notBefore.toISOString()}, as its executionTime asks`,
    ]);
    assert.deepEqual(jobWaitsFor(timed({ notBefore }), now + 1), []);
    assert.deepEqual(jobWaitsFor(timed({ notBefore, cancelRequested: true }), now), []);
  });

  it('has codes with facts beside the sentences, what is known here first', () => {
    const since = new Date(now - 9).toISOString();
    const progress = {
      ...{ at: new Date(now - 240_000), waitsFor: ['a slot'], waits: ['limit.target'] },
      reasons: [
        {
          code: 'limit.target',
          since,
          facts: [
            { name: 'target', text: 'tape' },
            { name: 'limit', count: 2 },
          ],
        },
      ],
    };
    const { waits, reasons } = jobWaits(job([row(60_000), row(50_000, 40_000)], progress), now);
    assert.deepEqual(waits, ['catalog.unsent', 'catalog.unaccepted', 'work.silent', 'limit.target']);
    assert.deepEqual(
      reasons.map(({ facts }) => facts),
      [{ messages: 1 }, { app: 'job-assembler' }, { app: 'job-assembler' }, { target: 'tape', limit: 2 }],
    );
    assert.equal(reasons[0]?.since, new Date(now - 60_000).toISOString());
    assert.deepEqual(reasons[3], { code: 'limit.target', since, facts: { target: 'tape', limit: 2 } });
  });

  it('is nothing of a job that is worked on, and a job-assembler of before says codes without facts', () => {
    const facts = [{ name: 'percent', count: 7 }];
    const running = { at: new Date(now), reasons: [{ code: 'work.running', since: '', facts }] };
    const { waitsFor, waits, reasons } = jobWaits(job([], running), now);
    assert.deepEqual([waitsFor, waits, reasons[0]?.facts], [[], [], { percent: 7 }]);
    const before = { at: new Date(now), waitsFor: ['x'], waits: ['paused'] };
    assert.deepEqual(jobWaits(job([], before), now), { waitsFor: ['x'], waits: ['paused'], reasons: [] });
  });

  it('is nothing once it is over', () =>
    assert.deepEqual(jobWaitsFor(job([row(60_000)], undefined, true), now), []));
});
