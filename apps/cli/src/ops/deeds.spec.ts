import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { actions, type Action } from '#console-api';
import { OpsScene, type Answering, type Heard } from './testing/ops-scene.js';

/**
 * Those of administrators (`catena-admin`), and of the console's own emergency. `part.cancel` no app does: the job of a part waits for
 * an end that would mean something else (docs/decisions/0087).
 */
const elsewhere = ['session.emergency', 'reconciliation.start', 'adoption.start', 'part.cancel'] as const;
type Elsewhere = (typeof elsewhere)[number];

interface Wanted {
  readonly words: string;
  readonly call: string;
  readonly body?: object;
}

const why = { reason: 'why not' };
const byAnna = { by: 'anna', ...why };

/** Each action, the command that does it, and the call that its app gets. */
const wanted: Readonly<Record<Exclude<Action, Elsewhere>, Wanted>> = {
  'job.cancel': { words: 'cancel J', call: 'catalog-api POST /api/v4/jobs/J/cancel', body: why },
  'job.retry': { words: 'retry J', call: 'catalog-api POST /api/v4/jobs/J/retry' },
  'job.priority': {
    words: 'priority J urgent',
    call: 'job-assembler PUT jobs/J/priority',
    body: { priority: 0, ...byAnna },
  },
  'job.defer': {
    words: 'defer J --until now',
    call: 'job-assembler PUT jobs/J/defer',
    body: { until: null, ...byAnna },
  },
  'job.link': { words: 'retrieved link A', call: 'archiver POST retrieved/A/link', body: why },
  'part.try-now': { words: 'works try-now J/0/3', call: 'archiver POST works/J%2F0%2F3/try-now', body: why },
  'pause.set': {
    words: 'pause target:tape',
    call: 'job-assembler POST pauses',
    body: { scope: 'target:tape', ...byAnna },
  },
  'pause.end': { words: 'resume target:tape', call: 'job-assembler DELETE pauses/P1', body: byAnna },
  'limits.set': {
    words: 'limits set global=3 read:tape=configured',
    call: 'job-assembler PUT limits',
    body: { limits: { global: 3, 'read:tape': null }, ...byAnna },
  },
  'share.adopt': {
    words: 'shares adopt nas --identity empty',
    call: 'archiver POST shares/nas/adopt',
    body: { identity: 'empty', ...byAnna },
  },
  'copy.verify': { words: 'copies verify A', call: 'archiver POST copies/A/verify', body: why },
  'copy.repair': { words: 'copies repair A nas', call: 'archiver POST copies/A/nas/repair', body: why },
  'retrieved.extend': {
    words: 'retrieved extend A --until 2027-01-31T18:00:00+01:00',
    call: 'archiver POST retrieved/A/extend',
    body: { until: '2027-01-31T17:00:00.000Z', ...why },
  },
  'parking-lot.replay': {
    words: 'parked replay archiver/M',
    call: 'archiver POST parking-lot/M/replay',
    body: why,
  },
  'parking-lot.discard': {
    words: 'parked discard archiver/M',
    call: 'archiver POST parking-lot/M/discard',
    body: why,
  },
  'parking-lot.restore': {
    words: 'parked restore M --app archiver',
    call: 'archiver POST parking-lot/M/restore',
    body: why,
  },
  'parking-lot.edit': {
    words: 'parked edit archiver/M --data {"a":1}',
    call: 'archiver POST parking-lot/M/edit',
    body: { data: { a: 1 }, ...why },
  },
  'parking-lot.note': {
    words: 'parked note archiver/M seen',
    call: 'archiver POST parking-lot/M/notes',
    body: { text: 'seen' },
  },
  'bulk.start': {
    words: 'parked bulk discard --app archiver --code a.b --expected 5 --try-one --per-minute 9',
    call: 'archiver POST parking-lot/bulk',
    body: { action: 'discard', filter: { code: 'a.b' }, expected: 5, most: 1, perMinute: 9, ...why },
  },
  'bulk.stop': { words: 'runs stop archiver/R', call: 'archiver POST bulk-runs/R/stop', body: why },
  'publication.retry': {
    words: 'publications retry 10.5072/a',
    call: 'publisher POST publications/10.5072%2Fa/retry',
    body: why,
  },
  'publication.compare': {
    words: 'publications compare',
    call: 'publisher POST publications/compare',
    body: why,
  },
  'set-aside.remove': {
    words: 'set-aside remove F --without-originals',
    call: 'archiver DELETE set-aside/F?without-originals=true',
    body: why,
  },
  'set-aside.bring-back': {
    words: 'set-aside bring-back F',
    call: 'archiver POST set-aside/F/bring-back',
    body: why,
  },
  'adoption.stop': { words: 'adoptions stop R', call: 'archiver POST adoptions/R/stop', body: byAnna },
  'certificate-key.revoke': {
    words: 'certificate-keys revoke K',
    call: 'catalog-api POST certificate-keys/K/revoke',
    body: byAnna,
  },
};

const limits = {
  ...{ version: 7, configured: { global: 5 }, override: {}, planned: {}, oldestPlanned: {}, closed: {} },
  ...{ used: { global: 1, targets: {}, groups: {} }, pauses: [{ id: 'P1', scope: 'target:tape' }] },
};
const run = { id: 'R', state: 'finished', done: 5, skipped: 0, failed: 0, left: 0 };

const obliging: Answering = ({ method, path }) => {
  if (path.includes('whoami')) return { body: { username: 'anna', currentGroups: ['staff', 'Gruppe ä'] } };
  if (path === 'limits') return { body: limits, etag: '"7"' };
  if (path === 'parking-lot/bulk') return { status: 202, body: run };
  if (method === 'DELETE' && path.startsWith('set-aside/')) return { body: { state: 'removed' } };
  return { body: { id: 'x', state: method === 'GET' ? 'there' : 'done' } };
};

describe('catena ops, for each action of the closed list', () => {
  let scene: OpsScene;

  beforeEach(() => {
    scene = new OpsScene();
  });
  afterEach(() => scene.close());

  const open = async (answering: Answering = obliging): Promise<void> => {
    await scene.open({
      ...{ 'catalog-api': answering, 'job-assembler': answering, archiver: answering, publisher: answering },
    });
    scene.signIn('catalog-api');
  };

  it('names all of them', () => {
    assert.deepEqual([...Object.keys(wanted), ...elsewhere].sort(), [...actions].sort());
  });

  it('asks for calls only that an app has', () => {
    const { paths } = JSON.parse(readFileSync('docs/operations-openapi.json', 'utf8')) as {
      paths: Record<string, Record<string, { 'x-apps': readonly string[] }>>;
    };
    const known = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { 'x-apps': apps }]) => ({
        ...{ method: method.toUpperCase(), apps },
        pattern: new RegExp(`^/api/v4/${path.replace('/api/v4/', '').replace(/\{\w+\}/g, '[^/]+')}$`),
      })),
    );
    for (const { call } of Object.values(wanted)) {
      const [app = '', method, asked = ''] = call.split(' ');
      const path = asked.startsWith('/') ? asked : `/api/v4/operations/${asked}`;
      assert.ok(
        known.some(
          (one) =>
            one.method === method && one.apps.includes(app) && one.pattern.test(path.split('?')[0] ?? ''),
        ) || asked.startsWith('/'),
        `${call} stands in docs/operations-openapi.json`,
      );
    }
  });

  for (const [action, { words, call, body }] of Object.entries(wanted))
    it(`does ${action} with ${words.split(' ').slice(0, 2).join(' ')}, in the name of who is signed in`, async () => {
      await open();
      const takesReason = action !== 'parking-lot.note' && action !== 'job.retry';
      const { code, stderr } = await scene.catena(
        ...['ops', ...words.split(' ')],
        ...(takesReason ? ['--reason', 'why not'] : []),
      );
      assert.equal(code, 0, stderr);
      const heard = scene.heard.find(({ app, method, path }) => `${app} ${method} ${path}` === call);
      assert.ok(heard !== undefined, `expected ${call} among ${scene.calls().join('; ')}`);
      assert.deepEqual(heard.body, body);
      if (!heard.path.startsWith('/')) assertActor(heard);
    });

  function assertActor({ app, headers }: Heard): void {
    assert.equal(headers.authorization, `Bearer token-of-${app}`);
    assert.equal(headers['catena-acting-for'], 'anna');
    assert.equal(headers['catena-acting-groups'], 'staff,Gruppe%20%C3%A4');
    assert.equal(headers['catena-acting-via'], 'cli');
    assert.match(String(headers['idempotency-key']), /^[\w-]{16,}$/);
  }

  it('changes limits only as they were read, and says who was faster', async () => {
    await open((call) =>
      call.method === 'PUT'
        ? { status: 409, body: { code: 'operations.changed-meanwhile', message: 'olga set it at 02:13' } }
        : obliging(call),
    );
    const { code, stderr, stdout } = await scene.catena(
      ...['--json', 'ops', 'limits', 'set', 'global=3', '--reason', 'a test'],
    );
    assert.equal(code, 5);
    assert.match(stderr, /olga set it at 02:13/);
    assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, 'cli.conflict');
    assert.equal(scene.heard.find(({ method }) => method === 'PUT')?.headers['if-match'], '"7"');
  });

  it('ends with 1 and the reason where a file that was set aside is not removed', async () => {
    const kept = { state: 'kept', code: 'archiver.originals-missing', reason: '2 of 2 missing' };
    await open((call) => (call.method === 'DELETE' ? { body: kept } : obliging(call)));
    const { code, stdout } = await scene.catena('ops', 'set-aside', 'remove', 'F', '--reason', 'room');
    assert.equal(code, 1);
    assert.match(stdout, /archiver\.originals-missing[^]*2 of 2 missing/);
  });

  it('ends with 3, 4 and 2 where an app refuses the person, is away, or has no such call', async () => {
    const answers = [
      [403, { code: 'operations.not-allowed', message: 'no editor' }, 3, /no editor/],
      [503, { code: 'app.x', message: 'the database is away' }, 4, /the database is away/],
      [400, { code: 'operations.not-possible', message: 'it is over' }, 2, /it is over/],
      [404, { message: 'Cannot POST /api/v4/x' }, 2, /has none/],
    ] as const;
    for (const [status, body, expected, words] of answers) {
      await open(({ path }) => (path.includes('whoami') ? obliging({ path } as Heard) : { status, body }));
      const { code, stderr } = await scene.catena(
        'ops',
        'parked',
        'discard',
        'archiver/M',
        '--reason',
        'why',
      );
      assert.equal(code, expected, stderr);
      assert.match(stderr, words);
      await scene.close();
      scene = new OpsScene();
    }
    await scene.open({ archiver: undefined });
    const { code, stderr } = await scene.catena('ops', 'works', 'try-now', 'W');
    assert.equal(code, 4, stderr);
    assert.doesNotMatch(stderr, /token-of/);
  });

  it('asks for a reason before anything is done, and takes nobody for signed in who is not', async () => {
    await open();
    assert.equal((await scene.catena('ops', 'pause', 'all', '--reason', 'x')).code, 2);
    assert.equal((await scene.catena('ops', 'parked', 'discard', 'archiver/M')).code, 2);
    assert.deepEqual(scene.calls(), []);
    const { code } = await scene.catena('ops', 'pause', 'all', '--by', 'olga', '--reason', 'drive 3 is out');
    assert.equal(code, 0);
    const { headers, body } = scene.heard.at(-1)!;
    assert.equal(headers['catena-acting-for'], 'olga');
    assert.equal(headers['catena-acting-groups'], undefined, 'the groups are those of anna');
    assert.deepEqual(body, { scope: 'all', by: 'olga', reason: 'drive 3 is out' });
  });

  it('closes shares and workers at the archiver, all else at job-assembler', async () => {
    await open();
    for (const [words, expected] of [
      ['drain share:nas', { mode: 'drain', ...byAnna }],
      ['pause worker:host:7', { mode: 'pause', ...byAnna }],
      ['resume share:nas', { mode: 'run', ...byAnna }],
      ['drain job:J', { scope: 'job:J', mode: 'drain', ...byAnna }],
    ] as const) {
      const { code, stderr } = await scene.catena('ops', ...words.split(' '), '--reason', 'why not');
      assert.equal(code, 0, stderr);
      assert.deepEqual(scene.heard.at(-1)?.body, expected);
    }
    assert.deepEqual(scene.calls(), [
      'archiver POST shares/nas/mode',
      'archiver POST workers/host%3A7/mode',
      'archiver POST shares/nas/mode',
      'job-assembler POST pauses',
    ]);
    const { code, stderr } = await scene.catena('ops', 'resume', 'all', '--reason', 'why not');
    assert.equal(code, 5);
    assert.match(stderr, /found none. Paused now: target:tape/);
  });
});
