import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import type { Answer, Deed, Values } from '../act/deed.js';
import { faultTitle } from '../act/faults.js';
import { PartlyDone } from '../act/partly-done.js';
import { CallFault } from '../calls/call.js';
import {
  changeLimitDeed,
  endPauseDeed,
  pauseDeed,
  resetLimitDeed,
  type ShownLimit,
} from '../limits/limit-deeds.js';
import { Formats } from '../parts/formats.js';
import { bringBackDeed, removeDeed } from '../storage/aside-deeds.js';
import { adoptDeed, shareModeDeed } from '../storage/share-deeds.js';
import { textsDe } from '../texts/texts-de.js';
import { textsEn as t } from '../texts/texts-en.js';
import { repairDeed, verifyDeed, verifyOldestDeed } from './copy-deeds.js';
import { extendDeed, linkDeed, renewDeed } from './retrieved-deeds.js';

const f = new Formats('en', 'UTC');
const app = 'archiver-basel';
const archiveId = '20.500/a b/1.tar';
const coded = encodeURIComponent(archiveId);
const since = '2026-11-29T11:00:00Z';
const until = '2026-12-01T10:00:00.000Z';
const steered = { by: 'bert', reason: 'why', since };
const share = { app, name: 'lts/1', state: 'known', steered };
const aside = {
  ...{ app, _id: 'x/1', share: 'lts', archiveId, pid: 'p', reason: 'r', state: 'kept' },
  ...{ setAsideAt: since, dueAt: since },
};
const limit: ShownLimit = {
  ...{ app: 'job-assembler', etag: '"7"', name: 'read:lts', configured: 48, value: 24 },
};

interface Sent {
  readonly path: string;
  readonly method: string;
  readonly key: string | undefined;
  readonly ifMatch: string | undefined;
  readonly body: unknown;
}

/** Does a deed, with answers for one call after the other: the last one stays. */
async function doing(
  deed: Deed,
  values: Values = {},
  answers: readonly Response[] = [Response.json({})],
  reason = 'why so',
): Promise<{ readonly sent: readonly Sent[]; readonly said: Answer; readonly fault: unknown }> {
  const sent: Sent[] = [];
  const calls = mock.method(globalThis, 'fetch', (url: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    sent.push({
      path: url.replace('/console/api/', ''),
      method: init.method ?? '',
      key: headers.get('Idempotency-Key') ?? undefined,
      ifMatch: headers.get('If-Match') ?? undefined,
      body: JSON.parse(String(init.body)) as unknown,
    });
    return Promise.resolve((answers[sent.length - 1] ?? answers.at(-1)!).clone());
  });
  try {
    const said = await deed.run({ reason, key: 'key-12345', values });
    return { sent, said, fault: undefined };
  } catch (fault) {
    return { sent, said: undefined, fault };
  } finally {
    calls.mock.restore();
  }
}

const refused = (code: string, message: string): Response =>
  Response.json({ code, message, app }, { status: 409 });

const at = `operations/${app}`;
const sends: readonly (readonly [string, Deed, Values, string, object])[] = [
  [
    'verify',
    verifyDeed(t, { app, archiveId }),
    {},
    `POST ${at}/copies/${coded}/verify`,
    { reason: 'why so' },
  ],
  [
    ...(['repair', repairDeed(t, { app, archiveId, share: 'lts/1' }), {}] as const),
    ...([`POST ${at}/copies/${coded}/lts%2F1/repair`, { reason: 'why so' }] as const),
  ],
  [
    ...(['extend', extendDeed(t, f, { app, id: archiveId }), { until }] as const),
    ...([`POST ${at}/retrieved/${coded}/extend`, { until, reason: 'why so' }] as const),
  ],
  [
    ...(['renew', renewDeed(t, 'j/1'), {}] as const),
    ...(['POST catalogue/jobs/j%2F1/retrieval/extend', {}] as const),
  ],
  [
    ...(['pause', shareModeDeed(t, share, 'pause'), { until }] as const),
    ...([`POST ${at}/shares/lts%2F1/mode`, { mode: 'pause', reason: 'why so', until, seen: since }] as const),
  ],
  [
    ...(['drain', shareModeDeed(t, { ...share, steered: undefined }, 'drain'), {}] as const),
    ...([`POST ${at}/shares/lts%2F1/mode`, { mode: 'drain', reason: 'why so' }] as const),
  ],
  [
    ...(['run', shareModeDeed(t, share, 'run'), {}] as const),
    ...([`POST ${at}/shares/lts%2F1/mode`, { mode: 'run', reason: 'why so', seen: since }] as const),
  ],
  [
    ...(['adopt', adoptDeed(t, share, 'empty'), {}] as const),
    ...([`POST ${at}/shares/lts%2F1/adopt`, { reason: 'why so', identity: 'empty' }] as const),
  ],
  [
    ...(['bring back', bringBackDeed(t, aside), {}] as const),
    ...([`POST ${at}/set-aside/x%2F1/bring-back`, { reason: 'why so' }] as const),
  ],
  ['remove', removeDeed(t, aside), {}, `DELETE ${at}/set-aside/x%2F1`, { reason: 'why so' }],
  [
    ...(['remove the last', removeDeed(t, { ...aside, reset: true }), { without: true }] as const),
    ...([`DELETE ${at}/set-aside/x%2F1?without-originals=true`, { reason: 'why so' }] as const),
  ],
  [
    ...(['limit', changeLimitDeed(t, f, limit), { value: 12, until }] as const),
    ...([
      'PUT operations/job-assembler/limits',
      { limits: { 'read:lts': 12 }, reason: 'why so', until },
    ] as const),
  ],
  [
    ...(['configured', resetLimitDeed(t, f, limit), {}] as const),
    ...(['PUT operations/job-assembler/limits', { limits: { 'read:lts': null }, reason: 'why so' }] as const),
  ],
  [
    ...(['pause all', pauseDeed(t, 'ja', true), { drain: true }] as const),
    ...(['POST operations/ja/pauses', { scope: 'all', reason: 'why so', mode: 'drain' }] as const),
  ],
  [
    ...(['pause one', pauseDeed(t, 'ja', false), { kind: 2, name: ' p1 ', until }] as const),
    ...([
      'POST operations/ja/pauses',
      { scope: 'group:p1', reason: 'why so', mode: 'pause', until },
    ] as const),
  ],
  [
    ...(['end', endPauseDeed(t, 'ja', { id: 'job:x/1', scope: 'job:x/1' }), {}] as const),
    ...(['DELETE operations/ja/pauses/job%3Ax%2F1', { reason: 'why so' }] as const),
  ],
];

describe('What is done to copies, shares and limits', () => {
  for (const [name, deed, values, call, body] of sends)
    it(`is sent as the app takes it, once: ${name}`, async () => {
      const { sent, fault } = await doing(deed, values, [Response.json({ state: 'removed' })]);
      assert.equal(fault, undefined);
      assert.deepEqual(
        sent.map(({ method, path }) => `${method} ${path}`),
        [call],
      );
      assert.deepEqual([sent[0]?.body, sent[0]?.key], [body, 'key-12345']);
      assert.equal(sent[0]?.ifMatch, call.startsWith('PUT') ? '"7"' : undefined);
    });

  for (const [name, deed, values] of sends)
    it(`that is refused is not said to be done: ${name}`, async () => {
      const { said, fault } = await doing(deed, values, [refused('x', 'changed by bert')]);
      assert.equal(said, undefined);
      assert.ok(fault instanceof CallFault && fault.status === 409);
      assert.match(fault.message, /changed by bert/);
    });

  it('needs a reason where it can hurt, and warns where it cannot be undone', () => {
    const [remove, repair] = [removeDeed(t, aside), repairDeed(t, { app, archiveId, share: 'lts' })];
    for (const deed of [remove, repair, adoptDeed(t, share, 'empty'), pauseDeed(t, 'ja', true)])
      assert.deepEqual([deed.reason, deed.isDanger], ['required', true]);
    for (const deed of [shareModeDeed(t, share, 'pause'), changeLimitDeed(t, f, limit)])
      assert.equal(deed.reason, 'required');
    // How long an installation keeps what was set aside, it has in DISCARD_GRACE.
    for (const texts of [t, textsDe])
      assert.doesNotMatch(repairDeed(texts, { app, archiveId, share: 'lts' }).undo, /\d/);
  });

  it('lets a limit be between nothing and ten times what is configured', () => {
    const [value] = changeLimitDeed(t, f, limit).fields ?? [];
    assert.deepEqual(
      value?.kind === 'number' ? [value.least, value.most, value.first] : undefined,
      [0, 480, 24],
    );
  });

  it('says of a proof or a repair that it was begun, by which work', async () => {
    const copy = { app, archiveId, share: 'lts' };
    const work = Response.json({ id: 'w/1/0', jobId: 'w' }, { status: 202 });
    for (const deed of [verifyDeed(t, copy), repairDeed(t, copy)]) {
      assert.deepEqual((await doing(deed, {}, [work])).said, { words: 'Work w/1/0.', jobId: 'w' });
      assert.deepEqual((await doing(deed)).said, { words: '' });
    }
  });

  it('says until when a copy stays, and gives a link apart from the words', async () => {
    const kept = await doing(extendDeed(t, f, { app, id: 'c' }), { until }, [
      Response.json({ id: 'c', expiresAt: until }),
    ]);
    assert.match(String(kept.said), /It stays until 1 Dec 2026, 10:00/);
    const link = linkDeed(t, { app, id: 'c' });
    assert.equal(link.givesLink, true);
    const { said } = await doing(link, {}, [Response.json({ url: 'https://s3/c?sig' })]);
    assert.equal(said, 'https://s3/c?sig');
  });

  it('asks whether the last of its data may go only where it may be the last', () => {
    assert.equal(removeDeed(t, aside).fields, undefined);
    for (const more of [{ reset: true }, { unrecorded: true }, { replacedBy: 'vault' }])
      assert.equal(removeDeed(t, { ...aside, ...more }).fields?.length, 1);
  });

  it('says that a file was removed only where the archiver says so, and else why not', async () => {
    const why = { code: 'archiver.originals-missing', reason: '2 of 2 missing' };
    const cases: readonly (readonly [object, RegExp, string])[] = [
      [{ state: 'kept', ...why }, /stays set aside. 2 of 2 missing/, why.code],
      [{ state: 'brought-back', ...why }, /was brought back/, why.code],
      [{ state: 'in-other-hands', ...why }, /may remove it or not/, why.code],
      // As archivers of before answer.
      [{ state: 'gone, or brought back' }, /does not say.*gone, or brought back/, 'HTTP 200'],
      [{}, /does not say/, 'HTTP 200'],
    ];
    for (const [answer, words, code] of cases) {
      const { said, fault } = await doing(removeDeed(t, aside), {}, [Response.json(answer)]);
      assert.equal(said, undefined);
      assert.ok(fault instanceof CallFault && !fault.keepsKey);
      assert.match(fault.message, words);
      assert.deepEqual([fault.code, fault.fault.app], [code, app]);
    }
    const gone = await doing(removeDeed(t, aside), {}, [Response.json({ state: 'removed' })]);
    assert.equal(gone.fault, undefined);
  });

  it('that is under way already keeps its key, and is not said to be undone', () => {
    const fault = (code: string) => new CallFault(409, { code, message: 'm' });
    const [underWay, changed] = [fault('operations.under-way'), fault('operations.changed-meanwhile')];
    assert.deepEqual([underWay.keepsKey, changed.keepsKey], [true, false]);
    assert.equal(faultTitle(t, underWay), t.act.underWay);
    assert.equal(faultTitle(t, changed), t.act.changed);
    assert.doesNotMatch(t.act.underWay, /nothing/);
  });
});

describe('Verifying the oldest copies', () => {
  const copies = ['a', 'b', 'c'].map((id) => ({ app, archiveId: id }));
  const idOf = ({ path }: Sent): string => path.split('/')[3] ?? '';

  it('asks for as many as were wanted, each with a key of its own', async () => {
    const deed = verifyOldestDeed(t, f, { share: 'lts', copies });
    const { sent, said } = await doing(deed, { count: 2 }, [Response.json({})], '');
    assert.deepEqual(sent.map(idOf), ['a', 'b']);
    assert.equal(new Set(sent.map(({ key }) => key)).size, 2);
    assert.deepEqual(sent[0]?.body, {});
    assert.deepEqual(said, { words: '2 of 2 were asked for.' });
    assert.deepEqual(deed.subjects, ['a', 'b', 'c']);
  });

  it('goes on behind one that is refused, names it, and asks in another try for that one alone', async () => {
    const deed = verifyOldestDeed(t, f, { share: 'lts', copies });
    const answers = [Response.json({}), refused('x', 'it is being verified'), Response.json({})];
    const first = await doing(deed, { count: 3 }, answers);
    assert.deepEqual(first.sent.map(idOf), ['a', 'b', 'c']);
    assert.ok(first.fault instanceof PartlyDone && first.fault.done === 2);
    assert.deepEqual(first.fault.notDone, [{ subject: 'b', code: 'x', message: 'it is being verified' }]);
    const again = await doing(deed, { count: 3 });
    assert.deepEqual(again.sent.map(idOf), ['b']);
    assert.notEqual(again.sent[0]?.key, first.sent[1]?.key);
    assert.deepEqual(again.said, { words: '3 of 3 were asked for.' });
    assert.equal((await doing(deed, { count: 2 })).sent.length, 0);
  });
});
