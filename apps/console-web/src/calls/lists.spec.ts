import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query';
import type { AuditEntry } from '#console-api';
import { auditPagesQuery, missingIn, wholeEntries } from './audit-pages.js';
import { CallFault } from './call.js';
import { groupsOf, runsOf } from './from-apps.js';
import { callForLists, callForObjects, callForPage, otherForm } from './lists.js';

async function answered<Answer>(
  answer: (url: string) => Response,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const fetched = mock.method(globalThis, 'fetch', (url: string) => Promise.resolve(answer(url)));
  try {
    return await ask();
  } finally {
    fetched.mock.restore();
  }
}

describe('Lists of all apps', () => {
  it('have an app that answers in another form among those that are missing', async () => {
    const oddities = [{}, null, [], 'x', { items: null }, { items: {} }, undefined];
    const answers = [
      { app: 'good', body: { items: [{ key: 'k', count: 1 }, null, 3], next: null } },
      ...oddities.map((body, index) => ({ app: `odd-${index}`, body })),
    ];
    const silent = { app: 'silent', code: 'app.silent', message: '', since: '' };
    const from = await answered(
      () => Response.json({ answers, missing: [silent], without: ['old'] }),
      () => callForLists<never>('operations/all/x', {}),
    );
    assert.deepEqual(
      groupsOf(from).map(({ app, key }) => [app, String(key)]),
      [['good', 'k']],
    );
    assert.deepEqual(runsOf(from).length, 1);
    assert.deepEqual(from.missing, [silent, ...oddities.map((_, index) => otherForm(`odd-${index}`))]);
    assert.deepEqual(from.without, ['old']);
    assert.equal(from.answers[0]?.body.next, undefined);
  });

  it('are empty where the whole answer has another form', async () => {
    for (const body of [{}, null, [], { answers: null, missing: 3 }, { answers: [null, { app: 7 }] }])
      assert.deepEqual(
        await answered(
          () => Response.json(body),
          () => callForObjects('operations/all/app', {}),
        ),
        { answers: [], missing: [], without: [] },
      );
  });

  it('of one app are refused in another form', async () => {
    const asked = answered(
      () => Response.json({}),
      () => callForPage('operations/a/x', {}),
    );
    await assert.rejects(asked, CallFault);
  });
});

/** Minutes before noon. */
const deed = (id: string, minutes: number): AuditEntry => ({
  ...{ id, at: new Date(Date.UTC(2026, 10, 29, 12, -minutes)).toISOString(), by: 'olga', via: 'console' },
  ...{ action: 'job.cancel', subject: 'job/1', outcome: 'done' },
});

describe('The audit trail', () => {
  const observer = () =>
    new InfiniteQueryObserver(new QueryClient(), {
      ...auditPagesQuery({ by: 'olga' }),
      enabled: false,
      retry: false,
    });

  it('is followed further back in each app from its own place, and is whole as far as it is shown', async () => {
    const asked: string[] = [];
    const answers: Readonly<Record<string, object>> = {
      'operations/all/audit?by=olga&limit=200': {
        answers: [
          { app: 'a', body: { items: [deed('a1', 1), deed('a2', 5)], next: 'a-2' } },
          { app: 'b', body: { items: [deed('b1', 2), deed('b2', 60)] } },
          { app: 'c', body: { items: [deed('c1', 3), deed('c2', 9)], next: 'c-2' } },
        ],
        ...{ missing: [], without: [] },
      },
      'operations/a/audit?by=olga&limit=200&after=a-2': { items: [deed('a3', 7)] },
      'operations/c/audit?by=olga&limit=200&after=c-2': { items: [deed('c3', 90)] },
    };
    const trail = observer();
    const ids = () => wholeEntries(trail.getCurrentResult().data?.pages ?? []).map(({ id }) => id);
    await answered(
      (url) => {
        const path = url.replace('/console/api/', '');
        asked.push(path);
        return Response.json(answers[path] ?? {}, { status: answers[path] === undefined ? 404 : 200 });
      },
      async () => {
        await trail.refetch();
        assert.deepEqual(
          ids(),
          ['a1', 'b1', 'c1', 'a2'],
          'what is older than the oldest of a is not whole yet',
        );
        assert.equal(trail.getCurrentResult().hasNextPage, true);
        await trail.fetchNextPage();
      },
    );
    assert.deepEqual(ids(), ['a1', 'b1', 'c1', 'a2', 'a3', 'c2', 'b2', 'c3']);
    assert.equal(trail.getCurrentResult().hasNextPage, false);
    assert.deepEqual(asked, Object.keys(answers));
  });

  it('names an app that does not answer further back, and asks it again from the same place', async () => {
    const trail = observer();
    let isAway = true;
    const asked: string[] = [];
    await answered(
      (url) => {
        if (url.includes('/all/'))
          return Response.json({ answers: [{ app: 'a', body: { items: [deed('a1', 1)], next: 'x' } }] });
        asked.push(url);
        return isAway ? Response.json({}, { status: 503 }) : Response.json({ items: [deed('a2', 2)] });
      },
      async () => {
        await trail.refetch();
        await trail.fetchNextPage();
        const { data, hasNextPage } = trail.getCurrentResult();
        assert.deepEqual(
          missingIn(data?.pages ?? []).map(({ app, code }) => [app, code]),
          [['a', 'app.silent']],
        );
        assert.equal(hasNextPage, true);
        isAway = false;
        await trail.fetchNextPage();
      },
    );
    assert.equal(new Set(asked).size, 1);
    const { data, hasNextPage } = trail.getCurrentResult();
    assert.deepEqual([wholeEntries(data?.pages ?? []).length, hasNextPage], [2, false]);
  });
});
