import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock, PermanentError, TransientError } from '#kernel';
import { createLogger } from '#observability';
import { memoryConnection } from '../testing/memory-connection.js';
import { AuditTrail } from './audit-trail.js';
import { OperatorActions, type Deed, type Wish } from './operator-actions.js';

const day = 86_400_000;
const ada = { name: 'ada', groups: [], via: 'cli' as const, from: '10.0.0.1' };
const wish: Wish = {
  action: 'pause.set',
  subject: 'share/a',
  reason: 'new drives',
  details: { mode: 'pause' },
};

function scene() {
  const clock = new ManualClock();
  const trail = new AuditTrail(memoryConnection(), clock, 400 * day);
  const actions = new OperatorActions(trail, createLogger('test', 'silent'), 120_000);
  const list = async () => (await trail.list({ limit: 200 })).items;
  return { clock, trail, actions, list };
}

const done = (): Promise<Deed> => Promise.resolve({ before: { mode: 'run' }, after: { mode: 'pause' } });

describe('An action of an operator', () => {
  it('leaves one entry that says who did what to which, why, and what came of it', async () => {
    const { actions, list } = scene();
    assert.deepEqual(await actions.perform(ada, { ...wish, jobId: 'j' }, done), { mode: 'pause' });
    const [entry, ...others] = await list();
    assert.equal(others.length, 0);
    const { id: _id, at: _at, traceparent, ...rest } = entry!;
    assert.match(traceparent!, /^00-/);
    assert.deepEqual(rest, {
      ...{ by: 'ada', via: 'cli', from: '10.0.0.1', action: 'pause.set', subject: 'share/a', jobId: 'j' },
      ...{ reason: 'new drives', outcome: 'done', before: { mode: 'run' }, after: { mode: 'pause' } },
    });
  });

  it('that is refused, or fails, says why, and the caller hears it', async () => {
    const { actions, list } = scene();
    const refused = (): Promise<Deed> =>
      Promise.reject(new PermanentError('operations.changed-meanwhile', 'no'));
    const failed = (): Promise<Deed> => Promise.reject(new TransientError('kernel.away', 'away'));
    await assert.rejects(actions.perform(ada, wish, refused), { code: 'operations.changed-meanwhile' });
    await assert.rejects(actions.perform(ada, wish, failed), { code: 'kernel.away' });
    actions.mayRepeat('pause.set');
    await assert.rejects(actions.perform(ada, wish, failed), { code: 'kernel.away' });
    const found = await list();
    assert.deepEqual(found.map(({ outcome, fault }) => [outcome, fault?.code]).sort(), [
      ['failed', 'kernel.away'],
      ['refused', 'operations.changed-meanwhile'],
      ['unknown', 'kernel.away'],
    ]);
  });

  it('that is sent twice under one key is done once, and answered alike', async () => {
    const { actions, list } = scene();
    let times = 0;
    const counted = (): Promise<Deed> => Promise.resolve({ after: { times: (times += 1) } });
    const operator = { ...ada, key: 'key-12345' };
    const answers = [
      await actions.perform(operator, wish, counted),
      await actions.perform(operator, wish, counted),
    ];
    assert.deepEqual(answers, [{ times: 1 }, { times: 1 }]);
    assert.equal((await list()).length, 1);
    await actions.perform({ ...operator, name: 'grace' }, wish, counted);
    assert.equal(times, 2, "another person's key is another one");
  });

  it('under the key of another one is refused', async () => {
    const { actions } = scene();
    const operator = { ...ada, key: 'key-12345' };
    await actions.perform(operator, wish, done);
    for (const other of [
      { ...wish, subject: 'share/b' },
      { ...wish, reason: 'another' },
      { ...wish, details: { mode: 'drain' } },
    ])
      await assert.rejects(actions.perform(operator, other, done), { code: 'operations.key-reused' });
  });

  it('that is sent again while it is being done is not done twice', async () => {
    const { actions } = scene();
    const operator = { ...ada, key: 'key-12345' };
    let go = (): void => undefined;
    const gone = new Promise<void>((resolve) => (go = resolve));
    const first = actions.perform(operator, wish, async () => (await gone, done()));
    await new Promise(setImmediate);
    await assert.rejects(actions.perform(operator, wish, done), { code: 'operations.under-way' });
    go();
    await first;
  });

  it('that failed may be sent again under its key; one that was refused is refused again', async () => {
    const { actions, list } = scene();
    actions.mayRepeat('pause.set');
    const operator = { ...ada, key: 'key-12345' };
    await assert.rejects(
      actions.perform(operator, wish, () => Promise.reject(new TransientError('kernel.away', 'away'))),
    );
    assert.deepEqual(await actions.perform(operator, wish, done), { mode: 'pause' });
    assert.deepEqual(
      (await list()).map(({ outcome, fault }) => [outcome, fault]),
      [['done', undefined]],
    );
    const other = { ...ada, key: 'key-67890' };
    const refused = (): Promise<Deed> => Promise.reject(new PermanentError('operations.not-there', 'none'));
    await assert.rejects(actions.perform(other, wish, refused));
    await assert.rejects(actions.perform(other, wish, done), {
      code: 'operations.not-there',
      message: 'none',
    });
  });

  it('whose process died is completed by what its record says', async () => {
    const { clock, trail, actions, list } = scene();
    const begun = { by: 'ada', via: 'cli' as const, action: 'pause.set' as const, wish: 'x' };
    await trail.begin({ ...begun, _id: 'made', subject: 'share/a' });
    await trail.begin({ ...begun, _id: 'not made', subject: 'share/b' });
    await trail.begin({ ...begun, _id: 'untold', subject: 'x', action: 'job.link' });
    actions.addWitness('pause.set', ({ _id }) =>
      Promise.resolve(_id === 'made' ? { after: { mode: 'pause' } } : undefined),
    );
    await actions.settleUnfinished(clock.now());
    assert.ok(
      (await list()).every(({ outcome }) => outcome === 'begun'),
      'they may still be at it',
    );
    clock.advance(180_000);
    await actions.settleUnfinished(clock.now());
    const found = new Map((await list()).map(({ id, outcome, after }) => [id, [outcome, after]]));
    assert.deepEqual(found.get('made'), ['done', { mode: 'pause' }]);
    assert.deepEqual(found.get('not made'), ['not-done', undefined]);
    assert.deepEqual(found.get('untold'), ['unknown', undefined]);
  });

  it('that a sweep took for not done, and was done late, says so at last', async () => {
    const { clock, actions, list } = scene();
    actions.addWitness('pause.set', () => Promise.resolve(undefined));
    await actions.perform(ada, wish, async () => {
      clock.advance(180_000);
      await actions.settleUnfinished(clock.now());
      return done();
    });
    assert.equal((await list())[0]?.outcome, 'done');
  });

  it('whose service went away after it was done counts as done', async () => {
    const { actions, list } = scene();
    actions.addWitness('pause.set', () => Promise.resolve({ after: { mode: 'pause' } }));
    await assert.rejects(
      actions.perform(ada, wish, () => Promise.reject(new TransientError('kernel.away', 'away'))),
    );
    assert.equal((await list())[0]?.outcome, 'done');
  });

  it('whose app died ends as unknown where a later word stands in the record', async () => {
    const { actions, clock, trail, list } = scene();
    actions.addWitness('pause.set', () => Promise.resolve('unknown' as const));
    await trail.begin({
      ...{ _id: 'e', by: 'ada', via: 'cli', action: 'pause.set', subject: 'share/a' },
      ...{ traceparent: '', wish: 'w' },
    });
    clock.advance(200_000);
    await actions.settleUnfinished(clock.now());
    assert.deepEqual(
      (await list()).map(({ outcome }) => outcome),
      ['unknown'],
    );
  });

  it('whose record cannot be asked keeps no other one waiting, and ends as unknown after a day', async () => {
    const { actions, clock, trail, list } = scene();
    actions.addWitness('pause.set', () => Promise.reject(new Error('no answer')));
    actions.addWitness('pause.end', () => Promise.resolve(undefined));
    for (const action of ['pause.set', 'pause.end'] as const)
      await trail.begin({
        ...{ _id: action, by: 'ada', via: 'cli', action, subject: 'share/a', traceparent: '', wish: 'w' },
      });
    const outcomes = async (): Promise<object> =>
      Object.fromEntries((await list()).map(({ action, outcome }) => [action, outcome]));
    clock.advance(200_000);
    await actions.settleUnfinished(clock.now());
    assert.deepEqual(await outcomes(), { 'pause.set': 'begun', 'pause.end': 'not-done' });
    clock.advance(day);
    await actions.settleUnfinished(clock.now());
    assert.deepEqual(await outcomes(), { 'pause.set': 'unknown', 'pause.end': 'not-done' });
  });
});
