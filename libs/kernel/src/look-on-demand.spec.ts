import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { LookOnDemand } from './look-on-demand.js';

/** A loop that looks when it is woken, and looks that end when they are told to. */
function scene(test: TestContext) {
  test.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 1_000_000;
  test.mock.method(performance, 'now', () => now);
  const looks: (() => void)[] = [];
  let woken = 0;
  const look = (): Promise<void> => demand.run(() => new Promise((resolve) => looks.push(resolve)));
  const demand = new LookOnDemand(() => {
    woken += 1;
    void look();
  });
  const pass = async (milliseconds: number): Promise<void> => {
    now += milliseconds;
    test.mock.timers.tick(milliseconds);
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  };
  /** Whether who asks now is still waiting. */
  const asks = (): { isWaiting: boolean } => {
    const answer = demand.upToDate();
    const state = { isWaiting: answer !== undefined };
    void answer?.then(() => (state.isWaiting = false));
    return state;
  };
  return { demand, look, looks, pass, asks, woken: () => woken };
}

describe('A look on demand', () => {
  it('is made once for all who want to know, and not again while it is new', async (test) => {
    const { look, looks, pass, asks, woken } = scene(test);
    void look();
    looks[0]!();
    await pass(3000);
    assert.equal(asks().isWaiting, false);
    await pass(1);
    const people = [asks(), asks(), asks()];
    assert.deepEqual([woken(), people.map(({ isWaiting }) => isWaiting)], [1, [true, true, true]]);
    looks[1]!();
    await pass(0);
    assert.deepEqual(
      people.map(({ isWaiting }) => isWaiting),
      [false, false, false],
    );
    for (let times = 0; times < 100; times += 1) assert.equal(asks().isWaiting, false);
    assert.equal(woken(), 1);
  });

  it('is waited for a second from its beginning, by whomever; then what is known has to do', async (test) => {
    const { look, looks, pass, asks, woken } = scene(test);
    void look();
    looks[0]!();
    await pass(3001);
    const first = asks();
    await pass(600);
    const second = asks();
    await pass(399);
    assert.deepEqual([first.isWaiting, second.isWaiting], [true, true]);
    await pass(1);
    assert.deepEqual([first.isWaiting, second.isWaiting, asks().isWaiting], [false, false, false]);
    await pass(60_000);
    assert.deepEqual([asks().isWaiting, woken()], [false, 1], 'one that hangs is not made twice');
    looks[1]!();
    await pass(0);
    assert.deepEqual([asks().isWaiting, woken()], [true, 2], 'what it found is old');
  });

  it('is not waited for before the first, and one that fails holds nobody up', async (test) => {
    const { demand, pass, asks, woken } = scene(test);
    assert.deepEqual([asks().isWaiting, woken()], [false, 0]);
    await assert.rejects(
      demand.run(() => Promise.reject(new Error('away'))),
      { message: 'away' },
    );
    assert.equal(asks().isWaiting, false);
    await pass(3001);
    assert.equal(asks().isWaiting, true);
  });
});
