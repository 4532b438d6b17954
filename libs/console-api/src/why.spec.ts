import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { waitCodes } from '#contracts';
import { changerOf, waitOrder, why, type AppFacts, type JobFact } from './index.js';

const at = new Date('2026-11-29T02:30:00Z');

function told(app: string, ...facts: readonly JobFact[]): AppFacts {
  return { app, known: true, facts };
}

function fact(code: string, more: Partial<JobFact> = {}): JobFact {
  return { code, facts: {}, ...more };
}

describe('Why a job waits', () => {
  it('knows each code of the contracts, once', () => {
    assert.deepEqual([...waitOrder].sort(), [...waitCodes].sort());
  });

  it('says first what people have to decide, then what they have decided, then what comes along the way', () => {
    const { headline, all } = why(
      [
        told('archiver', fact('work.queued'), fact('work.running')),
        told('job-assembler', fact('limit.global'), fact('paused')),
        told('catalog-api', fact('message.parked')),
      ],
      [],
      at,
    );
    assert.equal(headline?.code, 'message.parked');
    assert.deepEqual(
      all.map(({ code }) => code),
      ['message.parked', 'paused', 'limit.global', 'work.queued', 'work.running'],
    );
  });

  it('believes each archiver more than what job-assembler repeats, whatever their names', () => {
    for (const [assembler, archiver] of [
      ['job-assembler', 'archiver'],
      ['job-assembler-2', 'archiver-basel'],
    ] as const) {
      const { all } = why(
        [told(assembler, fact('work.waiting')), told(archiver, fact('work.running'))],
        [],
        at,
      );
      assert.deepEqual(
        all.map(({ app, code }) => `${app} ${code}`),
        [`${archiver} work.running`],
      );
    }
  });

  it('says what waits longest first among the same', () => {
    const { all } = why(
      [
        told(
          'job-assembler',
          fact('limit.target', { since: '2026-11-29T02:20:00Z', facts: { target: 'b' } }),
          fact('limit.target', { facts: { target: 'c' } }),
          fact('limit.target', { since: '2026-11-29T02:10:00Z', facts: { target: 'a' } }),
        ),
      ],
      [],
      at,
    );
    assert.deepEqual(
      all.map(({ facts }) => facts['target']),
      ['a', 'b', 'c'],
    );
  });

  it('leaves out what an app only repeats of one that is nearer to the work, and says the rest of both', () => {
    const { all } = why(
      [
        told('job-assembler', fact('work.tape', { facts: { reason: 'a sentence' } }), fact('limit.group')),
        told('archiver', fact('work.tape', { facts: { cartridge: 'C00001' } })),
      ],
      [],
      at,
    );
    assert.deepEqual(
      all.map(({ app, code }) => [app, code]),
      [
        ['job-assembler', 'limit.group'],
        ['archiver', 'work.tape'],
      ],
    );
  });

  it('believes the archiver that answers more than what job-assembler heard of it before', () => {
    const heard = [fact('work.queued'), fact('work.silent'), fact('worker.outside'), fact('limit.group')];
    const codesWith = (...facts: readonly JobFact[]) =>
      why([told('job-assembler', ...heard), told('archiver', ...facts)], [], at).all.map(({ code }) => code);
    assert.deepEqual(codesWith(fact('work.running')), [
      ...['limit.group', 'work.silent', 'worker.outside', 'work.running'],
    ]);
    const all = ['limit.group', 'work.silent', 'worker.outside', 'work.queued'];
    const pause = fact('paused', { facts: { reason: 'a sentence' } });
    const { all: pauses } = why(
      [
        told('job-assembler', pause, fact('paused', { facts: { scope: 'all' } })),
        told('archiver', fact('paused', { facts: { scope: 'worker:h:1' } })),
      ],
      [],
      at,
    );
    assert.deepEqual(
      pauses.map(({ facts }) => facts['scope']),
      ['all', 'worker:h:1'],
    );
    assert.deepEqual(codesWith(), all, 'one that has nothing to say corrects nothing');
    assert.deepEqual(codesWith(fact('message.parked')), ['message.parked', ...all]);
  });

  it('keeps a parked message of each app', () => {
    const { all } = why(
      [told('archiver', fact('message.parked')), told('job-assembler', fact('message.parked'))],
      [],
      at,
    );
    assert.equal(all.length, 2);
  });

  it('says the same of one app once', () => {
    assert.equal(why([told('archiver', fact('work.queued'), fact('work.queued'))], [], at).all.length, 1);
    const parts = [fact('work.queued', { part: 'a/0/0' }), fact('work.queued', { part: 'a/0/1' })];
    assert.equal(why([told('archiver', ...parts)], [], at).all.length, 2);
  });

  it('names who did not answer, and guesses nothing', () => {
    const missing = [
      { app: 'archiver', code: 'app.silent' as const, message: 'no answer', since: at.toISOString() },
    ];
    const answer = why([told('job-assembler')], missing, at);
    assert.deepEqual(answer, { all: [], missing, known: true, at: at.toISOString() });
  });

  it('tells a job that nobody knows from one that waits for nothing', () => {
    assert.equal(why([{ app: 'archiver', known: false, facts: [] }], [], at).known, false);
    assert.equal(why([told('archiver')], [], at).known, true);
  });

  it('puts a code of a newer version before work that runs, and an operator finds out', () => {
    const { all } = why([told('archiver', fact('work.running'), fact('work.brand-new'))], [], at);
    assert.deepEqual(
      all.map(({ code, changeable }) => [code, changeable]),
      [
        ['work.brand-new', 'operator'],
        ['work.running', 'nobody'],
      ],
    );
  });

  it('lets an app say who can change it, where that depends', () => {
    const { all } = why([told('catalog-api', fact('deferred', { changeable: 'owner' }))], [], at);
    assert.equal(all[0]?.changeable, 'owner');
    assert.equal(changerOf('deferred'), 'operator');
  });
});
