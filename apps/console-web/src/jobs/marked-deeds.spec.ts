import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConsoleSession, ShownJob } from '#console-api';
import { PartlyDone } from '../act/partly-done.js';
import { Formats } from '../parts/formats.js';
import { whileCalls, type AnswerOf, type Sent } from '../testing/sent.js';
import { textsEn as t } from '../texts/texts-en.js';
import { cancelDeed } from './job-deeds.js';
import { deferDeedOf, fittingJobs, priorityDeedOf, retryDeedOf } from './marked-deeds.js';

const f = new Formats('en', 'UTC');
const job = (id: string, statusCode = 'finishedUnsuccessful'): ShownJob => ({
  ...{ id, type: 'archive', statusCode, statusMessage: '', datasets: { count: 1 }, ownerUser: 'anna' },
});
const session: ConsoleSession = {
  ...{ username: 'olga', groups: [], until: '', rightsAt: '', stale: false, emergency: false },
  permissions: (['job.retry', 'job.cancel', 'job.priority', 'job.defer'] as const).map((action) => ({
    ...{ action, rule: 'operator', reach: 'all' },
  })),
};
const marked = ['a', 'b', 'c'].map((id) => job(id));

/** `refuses` gives a status for what is not done. */
async function withCalls(
  refuses: (path: string, count: number) => number | undefined,
  run: (sent: readonly Sent[]) => Promise<void>,
): Promise<void> {
  const counts = new Map<string, number>();
  const answerOf: AnswerOf = (path, method) => {
    const count = (counts.get(path) ?? 0) + 1;
    counts.set(path, count);
    const status = method === 'GET' ? undefined : refuses(path, count);
    if (status !== undefined) return { status, body: { code: 'job/no', message: `no: ${path}` } };
    return { body: { id: `new-${path.split('/')[2] ?? ''}` } };
  };
  await whileCalls(answerOf, run);
}

describe('Marked jobs', () => {
  it('are left out where it cannot be done, each with why; none fits: the button says why', () => {
    const some = fittingJobs(session, t, [job('a'), job('b', 'inProgress')], 'retry');
    assert.deepEqual(
      some.jobs.map(({ id }) => id),
      ['a'],
    );
    assert.deepEqual(some.leftOut, [{ subject: 'b', why: t.act.notFailed }]);
    assert.equal(some.refusal, undefined);
    const none = fittingJobs({ ...session, permissions: [] }, t, marked, 'retry');
    assert.equal(none.refusal, t.act.noRight('job.retry'));
    assert.equal(fittingJobs(session, t, [job('a')], 'cancel').refusal, t.act.isOver);
  });

  it('are retried each with a key of its own, and the new jobs are named', async () => {
    await withCalls(
      () => undefined,
      async (sent) => {
        const deed = retryDeedOf(t, f, fittingJobs(session, t, marked, 'retry'));
        const said = await deed.run({ reason: '', key: 'k', values: {} });
        assert.equal(said, '3 of 3 done. New jobs: new-a, new-b, new-c');
        assert.deepEqual(
          sent.map(({ path, key }) => [path, key]),
          ['a', 'b', 'c'].map((id, index) => [`catalogue/jobs/${id}/retry`, `k-${index}-0`]),
        );
      },
    );
  });

  it('that are refused do not hold up the others, and are named; another try does those alone', async () => {
    await withCalls(
      (path, count) =>
        path.includes('/b/') && count === 1 ? 409 : path.includes('/c/') && count === 1 ? 503 : undefined,
      async (sent) => {
        const deed = retryDeedOf(t, f, fittingJobs(session, t, marked, 'retry'));
        const said = { reason: '', key: 'k', values: {} };
        await assert.rejects(deed.run(said), (error: unknown) => {
          assert.ok(error instanceof PartlyDone);
          assert.equal(error.done, 1);
          assert.deepEqual(
            error.notDone.map(({ subject, code }) => [subject, code]),
            [
              ['b', 'job/no'],
              ['c', 'job/no'],
            ],
          );
          return true;
        });
        assert.match(String(await deed.run(said)), /^3 of 3 done/);
        assert.deepEqual(
          sent.map(({ key }) => key),
          // What was refused gets a new key, what may have been done keeps its own.
          ['k-0-0', 'k-1-0', 'k-2-0', 'k-1-1', 'k-2-0'],
        );
      },
    );
  });

  it('are steered by the version that each has, all with one reason', async () => {
    await withCalls(
      () => undefined,
      async (sent) => {
        const open = marked.map(({ id }) => job(id, 'inProgress'));
        const deed = priorityDeedOf(t, f, 'assembler', fittingJobs(session, t, open, 'priority'));
        const said = await deed.run({ reason: 'beam time', key: 'k', values: { priority: 0 } });
        assert.equal(said, 'Urgent. 3 of 3 done.');
        assert.equal(sent.length, 6);
        const puts = sent.filter(({ method }) => method === 'PUT');
        for (const [index, id] of ['a', 'b', 'c'].entries()) {
          const path = `operations/assembler/jobs/${id}`;
          assert.deepEqual(puts[index], {
            ...{ path: `${path}/priority`, method: 'PUT', key: `k-${index}-0`, ifMatch: `"${path.length}"` },
            body: { priority: 0, reason: 'beam time' },
          });
        }
        const defer = deferDeedOf(t, f, 'assembler', fittingJobs(session, t, open, 'defer'));
        await defer.run({ reason: 'later', key: 'd', values: { until: undefined } });
        assert.deepEqual(sent.at(-1)?.body, { until: null, reason: 'later' });
      },
    );
  });

  it('are steered by the version of the first try, so that one whose answer was lost is the same call', async () => {
    let version = 0;
    let isLost = true;
    const answerOf: AnswerOf = (path, method) => {
      if (method === 'GET') return { body: {}, etag: `"v${(version += 1)}"` };
      if (!path.includes('/b/') || !isLost) return { body: {} };
      isLost = false;
      return { status: 503, body: { code: 'x', message: 'away' } };
    };
    await whileCalls(answerOf, async (sent) => {
      const open = marked.map(({ id }) => job(id, 'inProgress'));
      const deed = deferDeedOf(t, f, 'assembler', fittingJobs(session, t, open, 'defer'));
      const said = { reason: 'later', key: 'k', values: {} };
      await assert.rejects(deed.run(said), PartlyDone);
      await deed.run(said);
      const toB = sent.filter(({ path, method }) => method === 'PUT' && path.includes('/b/'));
      assert.equal(toB.length, 2);
      assert.deepEqual(toB[0], toB[1]);
      assert.equal(version, 3);
    });
  });

  it('that another person changed meanwhile are steered by what holds after the refusal', async () => {
    let version = 0;
    const answerOf: AnswerOf = (path, method) => {
      if (method === 'GET') return { body: {}, etag: `"v${(version += 1)}"` };
      return path.includes('/b/') && version === 3
        ? { status: 409, body: { code: 'operations.changed-meanwhile', message: 'bert, 02:13' } }
        : { body: {} };
    };
    await whileCalls(answerOf, async (sent) => {
      const open = marked.map(({ id }) => job(id, 'inProgress'));
      const deed = priorityDeedOf(t, f, 'assembler', fittingJobs(session, t, open, 'priority'));
      const said = { reason: 'beam time', key: 'k', values: { priority: 0 } };
      version = 1;
      await assert.rejects(deed.run(said), PartlyDone);
      await deed.run(said);
      const toB = sent.filter(({ path, method }) => method === 'PUT' && path.includes('/b/'));
      assert.deepEqual(
        toB.map(({ ifMatch, key }) => [ifMatch, key]),
        [
          ['"v3"', 'k-1-0'],
          ['"v5"', 'k-1-1'],
        ],
      );
    });
  });

  it('are not tried behind one that nobody answered, or once a person stops it; another try goes on', async () => {
    let isAway = true;
    const answerOf: AnswerOf = (path) => {
      if (path.includes('/b/') && isAway) throw new TypeError('no way to it');
      return { body: {} };
    };
    await whileCalls(answerOf, async (sent) => {
      const deed = cancelDeed(t, f, session, marked);
      const said = { reason: 'why', key: 'k', values: {} };
      await assert.rejects(deed.run(said), (error: PartlyDone) => {
        assert.deepEqual(
          [error.done, ...error.notDone.map(({ subject, isUntried }) => [subject, isUntried])],
          [1, ['b', undefined], ['c', true]],
        );
        return true;
      });
      isAway = false;
      const stop = new AbortController();
      stop.abort();
      await assert.rejects(deed.run({ ...said, signal: stop.signal }), { done: 1 });
      assert.equal(sent.length, 2);
      await deed.run(said);
      assert.deepEqual(
        sent.map(({ key }) => key),
        ['k-0-0', 'k-1-0', 'k-1-0', 'k-2-0'],
      );
      assert.deepEqual([deed.canStop, cancelDeed(t, f, session, [marked[0]!]).canStop], [true, false]);
    });
  });

  it('have keys of their own, however long or alike their ids are', async () => {
    await withCalls(
      (path) => (path.includes('/x/') ? 409 : undefined),
      async (sent) => {
        const long = 'j'.repeat(150);
        const alike = ['x', '1-x', `${long}1`, `${long}2`].map((id) => job(id));
        const deed = cancelDeed(t, f, session, alike);
        const key = 'a'.repeat(32);
        for (let count = 0; count < 2; count += 1)
          await assert.rejects(deed.run({ reason: 'why', key, values: {} }), PartlyDone);
        const keys = sent.map((one) => one.key ?? '');
        assert.deepEqual([keys.length, new Set(keys).size], [5, 5]);
        // As libs/operations takes it.
        for (const one of keys) assert.match(one, /^[!-~]{8,200}$/);
      },
    );
  });

  it('of which one is signed out end at once; of one job its own fault is told', async () => {
    await withCalls(
      (path) => (path.includes('/b/') ? 401 : undefined),
      async (sent) => {
        const open = marked.map(({ id }) => job(id, 'inProgress'));
        const deed = cancelDeed(t, f, session, open);
        await assert.rejects(deed.run({ reason: 'why', key: 'k', values: {} }), { status: 401 });
        assert.equal(sent.length, 2);
        const one = cancelDeed(t, f, session, [job('b', 'inProgress')]);
        await assert.rejects(one.run({ reason: 'why', key: 'k', values: {} }), { status: 401 });
        assert.deepEqual([sent.at(-1)?.key, sent.at(-1)?.body], ['k', { reason: 'why' }]);
      },
    );
  });
});
