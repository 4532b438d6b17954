import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock, wait } from '#kernel';
import { Heartbeat } from './heartbeat.js';

const lease = 15;

/** A heartbeat whose renewals do what the test says, and what became of it. */
function beating(renew: (until: Date) => Promise<boolean>) {
  const clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
  const seen = { lost: 0, faults: 0, renewals: 0 };
  const heartbeat = new Heartbeat({
    ...{ clock, lease, until: new Date(clock.now().getTime() + lease) },
    renew: (until) => {
      seen.renewals += 1;
      return renew(until);
    },
    onFault: () => (seen.faults += 1),
    onLost: () => (seen.lost += 1),
  });
  return { clock, seen, heartbeat };
}

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await wait(2);
}

describe('A heartbeat', () => {
  it('pushes the end of the lease out, by the clock, until it is stopped', async () => {
    const ends: number[] = [];
    const { clock, seen, heartbeat } = beating((end) => {
      ends.push(end.getTime() - clock.now().getTime());
      return Promise.resolve(true);
    });
    await until(() => seen.renewals > 2);
    heartbeat.stop();
    const { renewals } = seen;
    await wait(3 * lease);
    assert.deepEqual([seen.renewals, seen.lost], [renewals, 0]);
    assert.deepEqual(new Set(ends), new Set([lease]));
  });

  it('tells of the loss once when another worker has the newer token, and renews no more', async () => {
    const { seen } = beating(() => Promise.resolve(false));
    await until(() => seen.lost > 0);
    const { renewals } = seen;
    await wait(3 * lease);
    assert.deepEqual(seen, { lost: 1, faults: 0, renewals });
  });

  it('believes in the lease while renewals fail, until it runs out', async () => {
    const { clock, seen, heartbeat } = beating(() => Promise.reject(new Error('the database is away')));
    await until(() => seen.faults > 2);
    assert.equal(seen.lost, 0);
    clock.advance(lease);
    await until(() => seen.lost > 0);
    assert.equal(seen.lost, 1);
    heartbeat.stop();
  });

  it('asks for the lease on and on after it ran out, as the work may not have heard of it, and says so once', async () => {
    let away = true;
    const { clock, seen, heartbeat } = beating(() =>
      away ? Promise.reject(new Error('the database is away')) : Promise.resolve(true),
    );
    await until(() => seen.faults > 0);
    clock.advance(lease);
    await until(() => seen.lost > 0);
    away = false;
    const { renewals } = seen;
    await until(() => seen.renewals > renewals + 2);
    assert.equal(seen.lost, 1);
    heartbeat.stop();
  });

  it('does not believe in it longer because a renewal hangs', async () => {
    const { clock, seen, heartbeat } = beating(() => new Promise(() => undefined));
    await until(() => seen.renewals === 1);
    await wait(3 * lease);
    assert.deepEqual(seen, { lost: 0, faults: 0, renewals: 1 });
    clock.advance(lease);
    await until(() => seen.lost > 0);
    heartbeat.stop();
  });

  it('says nothing of a loss that comes out after it was stopped', async () => {
    let answer: (isHeld: boolean) => void = () => undefined;
    const { seen, heartbeat } = beating(() => new Promise((resolve) => (answer = resolve)));
    await until(() => seen.renewals === 1);
    heartbeat.stop();
    answer(false);
    await wait(lease);
    assert.equal(seen.lost, 0);
  });
});
