import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock, PermanentError, TransientError } from '#kernel';
import { memoryConnection } from '../testing/memory-connection.js';
import { BulkRuns, type BulkItem, type BulkSource, type BulkWord } from '../index.js';

/** Things with numbers, each of which may be decided once. */
class Things implements BulkSource {
  readonly decided = new Map<string, string>();
  readonly acts: string[] = [];
  onAct: (id: string) => void | Promise<void> = () => undefined;

  constructor(readonly amount: number) {}

  count(): Promise<number> {
    return Promise.resolve(this.left().length);
  }

  next(_filter: object, _until: Date, place: string | undefined, limit: number): Promise<BulkItem[]> {
    return Promise.resolve(
      this.left()
        .filter((id) => place === undefined || id > place)
        .slice(0, limit)
        .map((id) => ({ id, place: id })),
    );
  }

  async act(id: string, { entry }: BulkWord): Promise<boolean> {
    await this.onAct(id);
    if (this.decided.get(id) === entry) return true;
    if (this.decided.has(id)) return false;
    this.decided.set(id, entry);
    this.acts.push(id);
    return true;
  }

  private left(): string[] {
    return Array.from({ length: this.amount }, (_, n) => `t${String(n).padStart(4, '0')}`).filter(
      (id) => !this.decided.has(id),
    );
  }
}

const wanted = {
  ...{ _id: 'run', kind: 'things', filter: {}, expected: 50, most: 1000, batch: 10, perMinute: 600 },
  ...{ by: 'ada', via: 'cli' as const, reason: 'share is back' },
};

function scene(things = new Things(50)) {
  const clock = new ManualClock();
  const connection = memoryConnection();
  const open = (): BulkRuns => {
    const runs = new BulkRuns(connection, clock, 15_000);
    runs.addSource('things', things);
    return runs;
  };
  const toItsEnd = async (runs: BulkRuns): Promise<void> => {
    for (let n = 0; n < 1000 && (await runs.find('run')).state === 'running'; n += 1) {
      await runs.step();
      clock.advance(1000);
    }
  };
  return { clock, open, things, runs: open(), toItsEnd };
}

describe('A bulk run', () => {
  it('does it to everything, batch by batch, no faster than it may', async () => {
    const { runs, things, clock, toItsEnd } = scene();
    await runs.start(wanted);
    await runs.step();
    assert.equal(things.acts.length, 10);
    assert.equal(await runs.step(), false, 'ten take a second at 600 per minute');
    clock.advance(1000);
    await runs.step();
    const { done, left, state } = await runs.find('run');
    assert.deepEqual([done, left, state], [20, 30, 'running']);
    await toItsEnd(runs);
    const end = await runs.find('run');
    assert.deepEqual([end.done, end.left, end.state], [50, 0, 'finished']);
    assert.equal(await runs.step(), 'nothing');
  });

  it('says when there is nothing that time would bring, and calls when it is started', async () => {
    const { runs, clock } = scene();
    let calls = 0;
    runs.onStarted(() => (calls += 1));
    assert.equal(await runs.step(), 'nothing');
    await runs.start(wanted);
    assert.equal(calls, 1);
    assert.deepEqual([await runs.step(), await runs.step()], [true, false], 'it goes on by itself');
    clock.advance(1000);
    assert.equal(await runs.step(), true);
  });

  it('asks again when there is something else than was seen', async () => {
    const { runs } = scene();
    await assert.rejects(runs.start({ ...wanted, expected: 40 }), {
      code: 'operations.changed-meanwhile',
      message: /Expected 40 .* found 50/,
    });
    assert.equal((await runs.start({ ...wanted, expected: 47 })).found, 50);
    await assert.rejects(runs.start({ ...wanted, kind: 'others' }), { code: 'operations.not-possible' });
  });

  it('that is started twice by the same call is one', async () => {
    const { runs, toItsEnd, things } = scene();
    await Promise.all([runs.start(wanted), runs.start(wanted)]);
    await toItsEnd(runs);
    assert.equal(things.acts.length, 50);
  });

  it('may do it to one first', async () => {
    const { runs, toItsEnd, things } = scene();
    await runs.start({ ...wanted, most: 1 });
    await toItsEnd(runs);
    assert.deepEqual(things.acts, ['t0000']);
    assert.equal((await runs.find('run')).state, 'finished');
  });

  it('of a process that died is gone on with by another one, and each is done and counted once', async () => {
    const { runs, open, things, clock, toItsEnd } = scene();
    await runs.start(wanted);
    // It dies after it has decided, before it has counted.
    things.onAct = (id) => {
      if (id === 't0007') things.onAct = () => new Promise(() => undefined);
    };
    void runs.step();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const other = open();
    things.onAct = () => undefined;
    assert.equal(await other.step(), false, 'the first one holds it');
    clock.advance(16_000);
    await toItsEnd(other);
    const { done, skipped, failed } = await other.find('run');
    assert.deepEqual([done, skipped, failed], [50, 0, 0]);
    assert.equal(new Set(things.acts).size, things.acts.length);
  });

  it('of a process that was slow is not gone on with by it when another one has it', async () => {
    const { runs, open, things, clock, toItsEnd } = scene();
    await runs.start(wanted);
    let go = (): void => undefined;
    const gone = new Promise<void>((resolve) => (go = resolve));
    things.onAct = async (id) => {
      if (id !== 't0003') return;
      things.onAct = () => undefined;
      await gone;
    };
    const slow = runs.step();
    await new Promise((resolve) => setTimeout(resolve, 20));
    clock.advance(16_000);
    const other = open();
    await toItsEnd(other);
    go();
    await slow;
    const { done, skipped } = await other.find('run');
    assert.deepEqual([done, skipped, things.acts.length], [50, 0, 50]);
  });

  it('stops at once when a person says so, in the midst of a batch, and names who it was', async () => {
    const { runs, things } = scene();
    await runs.start(wanted);
    things.onAct = async (id) => {
      if (id === 't0004') await runs.stop('run', 'grace', 'the share is full again', 'e');
    };
    await runs.step();
    assert.equal(things.acts.length, 5);
    assert.equal(await runs.step(), 'nothing');
    const { state, stopped } = await runs.find('run');
    assert.deepEqual([state, stopped?.by], ['stopped', 'grace']);
    await assert.rejects(runs.stop('run', 'ada', 'me too', 'f'), {
      code: 'operations.changed-meanwhile',
      message: /grace stopped it at .*: the share is full again/,
    });
    await assert.rejects(runs.stop('other', 'ada', 'x', 'g'), { code: 'operations.not-there' });
  });

  it('leaves what others have decided, and lists what could not be done', async () => {
    const { runs, things, toItsEnd } = scene();
    things.onAct = (id) => {
      if (id === 't0001') things.decided.set('t0002', 'of another');
      if (id === 't0003') throw new PermanentError('outbox.bad', 'it cannot be');
    };
    await runs.start(wanted);
    await toItsEnd(runs);
    const { done, skipped, failed, failures } = await runs.find('run');
    assert.deepEqual([done, skipped, failed], [48, 1, 1]);
    assert.deepEqual(failures, [{ id: 't0003', code: 'outbox.bad', message: 'it cannot be' }]);
  });

  it('waits while what it needs is away, says so, and goes on with the same thing', async () => {
    const { runs, things, clock, toItsEnd } = scene();
    await runs.start(wanted);
    let away = true;
    things.onAct = (id) => {
      if (id === 't0002' && away) throw new TransientError('messaging.not-connected', 'away');
    };
    await runs.step();
    const waiting = await runs.find('run');
    assert.deepEqual([waiting.done, waiting.waits?.code], [2, 'messaging.not-connected']);
    away = false;
    clock.advance(11_000);
    await toItsEnd(runs);
    const { done, failed, waits } = await runs.find('run');
    assert.deepEqual([done, failed, waits], [50, 0, undefined]);
  });

  it('is one of a limited number', async () => {
    const { runs } = scene();
    for (let n = 0; n < 20; n += 1) await runs.start({ ...wanted, _id: `run${n}` });
    await assert.rejects(runs.start({ ...wanted, _id: 'one more' }), { code: 'operations.not-possible' });
    const { items, next } = await runs.list(undefined, 15);
    assert.equal(items.length, 15);
    assert.equal((await runs.list(next, 15)).items.length, 5);
  });
});
