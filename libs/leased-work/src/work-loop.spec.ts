import assert from 'node:assert/strict';
import { AsyncResource } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { LifeSigns, stillMoving } from '#kernel';
import { WorkLoop, type WorkLoopOptions } from './work-loop.js';

const longPause = 3_600_000;

describe('A work loop', () => {
  const turns = async (count = 20): Promise<void> => {
    for (let index = 0; index < count; index += 1) await turn();
  };
  /** A loop that is stopped, whatever the test finds. */
  async function running(
    options: Partial<WorkLoopOptions> & Pick<WorkLoopOptions, 'takeOne'>,
    use: (loop: WorkLoop) => Promise<void>,
  ): Promise<void> {
    const loop = new WorkLoop({
      name: 'a loop',
      pause: longPause,
      onFault: (error) => assert.fail(String(error)),
      ...options,
    });
    loop.start();
    try {
      await use(loop);
    } finally {
      await loop.stop();
    }
  }

  it('takes piece after piece without a pause, then sleeps until it is woken', async () => {
    let [left, looks] = [3, 0];
    const takeOne = (): Promise<boolean> => {
      looks += 1;
      return Promise.resolve(left > 0 && left-- > 0);
    };
    await running({ takeOne }, async (loop) => {
      await turns();
      assert.deepEqual([left, looks], [0, 4]);
      left = 2;
      loop.wake();
      await turns();
      assert.deepEqual([left, looks], [0, 7]);
    });
  });

  it('ends at once when it is stopped before what its first look waits for, and looks at nothing', async () => {
    let looks = 0;
    const takeOne = (): Promise<boolean> => Promise.resolve((looks += 1) < 0);
    const loop = new WorkLoop({
      name: 'a loop',
      pause: 1,
      takeOne,
      onFault: (error) => assert.fail(String(error)),
    });
    loop.start(new Promise(() => undefined));
    await loop.stop();
    assert.equal(looks, 0);
  });

  it('looks by itself after the pause', async () => {
    let looks = 0;
    const takeOne = (): Promise<boolean> => Promise.resolve((looks += 1) < 0);
    await running({ takeOne, pause: 1 }, async () => {
      while (looks < 5) await turn();
    });
  });

  it('loses no wake-up that comes while it looks', async () => {
    const looks: ((found: boolean) => void)[] = [];
    await running({ takeOne: () => new Promise((resolve) => looks.push(resolve)) }, async (loop) => {
      await turns();
      assert.equal(looks.length, 1);
      loop.wake();
      looks[0]!(false);
      await turns();
      assert.equal(looks.length, 2, 'it looked again at once');
      looks[1]!(false);
      await turns();
      assert.equal(looks.length, 2, 'and only once');
    });
  });

  it('works in as many lanes as it is given, all woken together', async () => {
    let [now, most, left] = [0, 0, 0];
    const takeOne = async (): Promise<boolean> => {
      if (left === 0) return false;
      left -= 1;
      most = Math.max(most, (now += 1));
      await turns(3);
      now -= 1;
      return true;
    };
    await running({ takeOne, lanes: 3 }, async (loop) => {
      await turns();
      left = 12;
      loop.wake();
      await turns(60);
      assert.deepEqual([left, most], [0, 3]);
    });
  });

  it('has one look after each pause, however many lanes rest, and all of them when that one has long work', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    let looks = 0;
    const works: (() => void)[] = [];
    let isThere = false;
    const takeOne = async (): Promise<boolean> => {
      looks += 1;
      if (!isThere) return false;
      isThere = false;
      await new Promise<void>((resolve) => works.push(resolve));
      return true;
    };
    const after = async (milliseconds: number): Promise<number> => {
      test.mock.timers.tick(milliseconds);
      await turns();
      return looks;
    };
    await running({ takeOne, pause: 1000, lanes: 3 }, async () => {
      assert.equal(await after(0), 3);
      assert.deepEqual([await after(1000), await after(999), await after(1)], [4, 4, 5]);
      isThere = true;
      assert.deepEqual([await after(1000), works.length], [6, 1], 'it works');
      assert.equal(await after(1000), 8, 'the two others look, as they did before there was work');
      assert.deepEqual([await after(1000), await after(1000)], [9, 10], 'and one of them has the turn');
      works[0]!();
      assert.equal(await after(0), 11, 'what worked looks for more');
      assert.deepEqual([await after(1000), await after(1000)], [12, 13]);
    });
  });

  it('lets all lanes share what comes as many short pieces', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    let [left, now, most] = [0, 0, 0];
    const works: (() => void)[] = [];
    const takeOne = async (): Promise<boolean> => {
      if (left === 0) return false;
      left -= 1;
      most = Math.max(most, (now += 1));
      await new Promise<void>((resolve) => works.push(resolve));
      now -= 1;
      return true;
    };
    await running({ takeOne, pause: 1000, lanes: 3 }, async () => {
      await turns();
      left = 100;
      for (let time = 0; time < 30; time += 1) {
        test.mock.timers.tick(100);
        await turns();
        works.splice(0).forEach((end) => end());
        await turns();
      }
      left = 0;
      works.splice(0).forEach((end) => end());
      assert.equal(most, 3);
    });
  });

  it('looks more rarely while there is nothing at all, up to a limit, and at once when it is woken', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const pauses = async (): Promise<number[]> => {
      const found: number[] = [];
      for (let last = looks, since = 0; found.length < 5;) {
        test.mock.timers.tick(1000);
        since += 1;
        await turns();
        if (looks === last) continue;
        found.push(since);
        [last, since] = [looks, 0];
      }
      return found;
    };
    let looks = 0;
    let answer: false | 'nothing' = 'nothing';
    const takeOne = (): Promise<false | 'nothing'> => {
      looks += 1;
      return Promise.resolve(answer);
    };
    await running({ takeOne, pause: 1000, maxPause: 6000 }, async (loop) => {
      await turns();
      assert.deepEqual(await pauses(), [1, 2, 4, 6, 6]);
      const before = looks;
      loop.wake();
      await turns();
      assert.equal(looks, before + 1);
      assert.deepEqual(await pauses(), [1, 2, 4, 6, 6]);
      answer = false;
      assert.deepEqual(await pauses(), [6, 1, 1, 1, 1]);
    });
  });

  it('tells of a fault, pauses, and goes on', async () => {
    const faults: string[] = [];
    let looks = 0;
    const takeOne = (): Promise<boolean> => {
      looks += 1;
      return looks === 1 ? Promise.reject(new Error('away')) : Promise.resolve(false);
    };
    const onFault = (error: unknown): void => void faults.push((error as Error).message);
    await running({ takeOne, onFault }, async (loop) => {
      await turns();
      assert.deepEqual([faults, looks], [['away'], 1]);
      loop.wake();
      await turns();
      assert.equal(looks, 2);
    });
  });

  it('waits for what it needs first, and stops all the same', async () => {
    let ready: () => void = () => undefined;
    let looks = 0;
    const loop = new WorkLoop({
      name: 'a loop',
      takeOne: () => Promise.resolve((looks += 1) < 0),
      pause: longPause,
      onFault: (error) => assert.fail(String(error)),
    });
    loop.start(new Promise<void>((resolve) => (ready = resolve)));
    await turns();
    assert.equal(looks, 0);
    const stopping = loop.stop();
    ready();
    await stopping;
    assert.equal(looks, 0);
    assert.equal(loop.stopping.aborted, true);
  });

  it('ends the piece of work it has begun before it stops', async () => {
    let finish: () => void = () => undefined;
    let done = false;
    const loop = new WorkLoop({
      name: 'a loop',
      takeOne: async () => {
        await new Promise<void>((resolve) => (finish = resolve));
        return (done = true);
      },
      pause: longPause,
      onFault: (error) => assert.fail(String(error)),
    });
    loop.start();
    await turns();
    const stopping = loop.stop();
    finish();
    await stopping;
    assert.equal(done, true);
  });

  it('is stalled while a piece of work neither ends nor says that it moves, in this lane and no other', async () => {
    let now = 0;
    const signs = new LifeSigns(() => now);
    const finish: (() => void)[] = [];
    const speak: (() => void)[] = [];
    const takeOne = async (): Promise<boolean> => {
      // What a heartbeat does: a callback made by the work speaks for its lane.
      speak.push(AsyncResource.bind(stillMoving));
      await new Promise<void>((resolve) => finish.push(resolve));
      return false;
    };
    await running({ takeOne, signs, lanes: 2 }, async () => {
      await turns();
      now = 600;
      speak[1]!();
      assert.deepEqual(signs.stalled(500), [{ loop: 'a loop 1', silentFor: 600 }]);
      finish.forEach((end) => end());
      await turns();
      assert.deepEqual(signs.stalled(500), []);
    });
    assert.deepEqual(signs.stalled(-1), [], 'a loop that was stopped is missed by nobody');
  });
});
