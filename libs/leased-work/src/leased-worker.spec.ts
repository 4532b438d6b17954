import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock, wait } from '#kernel';
import { LeasedWorker, type Hold } from './leased-worker.js';

const lease = 15;
const lost = new Error('the lease is lost');

/** Rows as a database would hold them: the worker with the newest token may write. */
interface Row {
  readonly name: string;
  epoch: number;
  dueAt: number;
}

function scene(
  names: readonly string[],
  run: (hold: Hold<Row>) => Promise<void>,
  answered: Promise<void> = Promise.resolve(),
) {
  const clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
  const rows = names.map((name) => ({ name, epoch: 0, dueAt: 0 }));
  const faults: unknown[] = [];
  const worker = new LeasedWorker<Row>({
    ...{ name: 'rows', clock, lease, lanes: 2, pause: 5 },
    take: async (now, end) => {
      await answered;
      const row = rows.find(({ dueAt }) => dueAt <= now.getTime());
      if (row === undefined) return undefined;
      row.dueAt = end.getTime();
      row.epoch += 1;
      return { ...row };
    },
    renew: ({ item }, end) => {
      const row = rows.find(({ name, epoch }) => name === item.name && epoch === item.epoch);
      if (row !== undefined) row.dueAt = end.getTime();
      return Promise.resolve(row !== undefined);
    },
    run,
    leaseLost: () => lost,
    onFault: (error) => faults.push(error),
    onSkippedBeat: (_, error) => faults.push(error),
  });
  return { clock, rows, faults, worker };
}

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await wait(2);
}

/** Work that ends only when its signal says so. */
function untilTold(told: unknown[]): (hold: Hold<Row>) => Promise<void> {
  return async ({ signal }) => {
    await wait(60_000, signal);
    told.push(signal.reason);
  };
}

describe('A worker', () => {
  it('takes as many pieces of work at a time as it has lanes, each with a token of its own', async () => {
    const told: unknown[] = [];
    const { rows, worker } = scene(['a', 'b', 'c'], untilTold(told));
    worker.start(Promise.resolve());
    await until(() => worker.holds.length === 2);
    await wait(3 * lease);
    assert.deepEqual(
      rows.map(({ epoch }) => epoch),
      [1, 1, 0],
    );
    const reason = new Error('stopping');
    await worker.stop(reason);
    assert.deepEqual(told, [reason, reason]);
    assert.deepEqual(worker.holds, []);
  });

  it('tells work of its lost lease, and another worker has it', async () => {
    const told: unknown[] = [];
    const { rows, worker } = scene(['a'], untilTold(told));
    worker.start(Promise.resolve());
    await until(() => worker.holds.length === 1);
    rows[0]!.epoch += 1;
    await until(() => told.length === 1);
    assert.deepEqual(told, [lost]);
    await worker.stop();
  });

  it('waits for what runs when it is stopped without a reason', async () => {
    let finish: () => void = () => undefined;
    const { worker } = scene(['a'], () => new Promise((resolve) => (finish = resolve)));
    worker.start(Promise.resolve());
    await until(() => worker.holds.length === 1);
    let hasStopped = false;
    const stopped = worker.stop().then(() => (hasStopped = true));
    await wait(lease);
    assert.equal(hasStopped, false);
    finish();
    await stopped;
  });

  it('tells work to end that it was about to take when it was stopped', async () => {
    const told: unknown[] = [];
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const { worker } = scene(['a'], untilTold(told), answered);
    worker.start(Promise.resolve());
    await wait(lease);
    const reason = new Error('stopping');
    const stopped = worker.stop(reason);
    answer();
    await stopped;
    assert.deepEqual(told, [reason]);
  });

  it('looks more rarely while nothing is due within a lease, and takes nothing by these looks', async () => {
    const clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    const at = (milliseconds: number): Date => new Date(clock.now().getTime() + milliseconds);
    let next: Date | undefined;
    let [looks, takes] = [0, 0];
    const worker = new LeasedWorker<Row>({
      ...{ name: 'rows', clock, lease: 60_000, lanes: 1, pause: 2, maxPause: 100_000 },
      nextDue: () => {
        looks += 1;
        return Promise.resolve(next);
      },
      take: () => {
        takes += 1;
        return Promise.resolve(undefined);
      },
      renew: () => Promise.resolve(true),
      run: () => assert.fail('there is nothing'),
      leaseLost: () => lost,
      onFault: (error) => assert.fail(String(error)),
      onSkippedBeat: (_, error) => assert.fail(String(error)),
    });
    const inSomeTime = async (): Promise<readonly [number, number]> => {
      const before = [looks, takes] as const;
      await wait(150);
      return [looks - before[0], takes - before[1]];
    };
    worker.start(Promise.resolve());
    await until(() => takes > 0);
    const [rare, none] = await inSomeTime();
    assert.ok(rare < 10 && none === 0, `${rare} ${none}`);
    for (const due of [at(0), at(59_000)]) {
      next = due;
      worker.wake();
      const [often, taken] = await inSomeTime();
      assert.ok(often > 10 && taken > 10, `due, or in the hands of others: ${often} ${taken}`);
    }
    next = at(61_000);
    worker.wake();
    assert.ok((await inSomeTime())[0] < 10, 'not for long');
    await worker.stop();
  });

  it('takes nothing while it rests, and goes on when it is told to', async () => {
    const { rows, worker } = scene(['a'], () => Promise.resolve());
    worker.rest();
    worker.start(Promise.resolve());
    await wait(2 * lease);
    assert.equal(rows[0]!.epoch, 0);
    worker.resume();
    await until(() => rows[0]!.epoch === 1);
    await worker.stop();
  });

  it('keeps no lease of what it has let go, even where that hangs', async () => {
    let finish: () => void = () => undefined;
    const { clock, rows, worker } = scene(['a'], () => new Promise((resolve) => (finish = resolve)));
    worker.start(Promise.resolve());
    await until(() => worker.holds.length === 1);
    const [hold] = worker.holds;
    worker.letGo(hold!);
    assert.equal(hold?.signal.reason, lost);
    const { dueAt } = rows[0]!;
    clock.advance(5);
    await wait(3 * lease);
    assert.equal(rows[0]!.dueAt, dueAt);
    finish();
    await worker.stop();
  });

  it('goes on with the next piece after one that threw', async () => {
    const done: string[] = [];
    const { faults, worker } = scene(['a', 'b'], ({ item }) => {
      done.push(item.name);
      return item.name === 'a' ? Promise.reject(new Error('a fails')) : Promise.resolve();
    });
    worker.start(Promise.resolve());
    await until(() => done.length === 2 && faults.length === 1);
    await worker.stop();
  });
});
