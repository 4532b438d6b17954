import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AskedTogether } from './asked-together.js';
import { wait } from './wait.js';

/** Rounds that are answered when the test says so. */
function scene(options?: { most?: number; patience?: number; gathering?: number }) {
  const rounds: { readonly asked: readonly string[]; answer(error?: Error): void }[] = [];
  const together = new AskedTogether<string, string>(
    (asked) =>
      new Promise((resolve, reject) => {
        rounds.push({
          asked,
          answer: (error) =>
            error === undefined
              ? resolve(asked.map((one) => (one === 'bad' ? new Error('bad') : one.toUpperCase())))
              : reject(error),
        });
      }),
    options,
  );
  return { together, rounds };
}

describe('Questions asked together', () => {
  it('are asked at once while few are under way, and together after that', async () => {
    const { together, rounds } = scene();
    const answers = ['a', 'b', 'c'].map((one) => together.of(one));
    assert.deepEqual(
      rounds.map(({ asked }) => asked),
      [['a']],
    );
    rounds[0]!.answer();
    assert.equal(await answers[0], 'A');
    assert.deepEqual(rounds[1]!.asked, ['b', 'c']);
    rounds[1]!.answer();
    assert.deepEqual(await Promise.all(answers), ['A', 'B', 'C']);
  });

  it('never join a round that has begun: its answer may be older than they are', async () => {
    const { together, rounds } = scene();
    const first = together.of('a');
    const second = together.of('a');
    assert.deepEqual(rounds[0]!.asked, ['a']);
    rounds[0]!.answer();
    await first;
    assert.deepEqual(rounds[1]!.asked, ['a']);
    rounds[1]!.answer();
    assert.equal(await second, 'A');
  });

  it('are no more in a round than is allowed', async () => {
    const { together, rounds } = scene({ most: 2 });
    const answers = ['a', 'b', 'c', 'd'].map((one) => together.of(one));
    for (let round = 0; round < 3; round += 1) {
      rounds[round]!.answer();
      await answers[round];
    }
    await Promise.all(answers);
    assert.deepEqual(
      rounds.map(({ asked }) => asked),
      [['a'], ['b', 'c'], ['d']],
    );
  });

  it('fail alone where one of them is wrong, and together where the round fails; later ones are asked all the same', async () => {
    const { together, rounds } = scene();
    const first = together.of('x');
    const [good, bad] = [together.of('good'), together.of('bad')];
    rounds[0]!.answer(new Error('away'));
    await assert.rejects(first, /away/);
    rounds[1]!.answer();
    await assert.rejects(bad, /bad/);
    assert.equal(await good, 'GOOD');
  });

  it('wait for those that come in the same moment, where they are told to', async () => {
    const { together, rounds } = scene({ gathering: 0 });
    const answers = ['a', 'b'].map((one) => together.of(one));
    assert.equal(rounds.length, 0);
    await Promise.resolve();
    answers.push(together.of('c'));
    await new Promise((resolve) => setImmediate(resolve));
    const later = together.of('later');
    assert.deepEqual(
      rounds.map(({ asked }) => asked),
      [['a', 'b', 'c']],
    );
    rounds[0]!.answer();
    assert.deepEqual(await Promise.all(answers), ['A', 'B', 'C']);
    while (rounds.length < 2) await wait(1);
    assert.deepEqual(rounds[1]!.asked, ['later'], 'no question joins a round that has begun');
    rounds[1]!.answer();
    assert.equal(await later, 'LATER');
  });

  it('wait for others as long as they are told to, and not once they are enough for a round', async () => {
    const { together, rounds } = scene({ most: 3, gathering: 50 });
    const begun = performance.now();
    const first = [together.of('a'), together.of('b')];
    while (rounds.length < 1) await wait(1);
    assert.ok(performance.now() - begun >= 45);
    assert.deepEqual(rounds[0]!.asked, ['a', 'b']);
    rounds[0]!.answer();
    await Promise.all(first);
    const others = ['c', 'd'].map((one) => together.of(one));
    assert.equal(rounds.length, 1);
    others.push(together.of('e'));
    assert.deepEqual(rounds[1]?.asked, ['c', 'd', 'e'], 'at once: they are as many as a round asks');
    await wait(60);
    assert.equal(rounds.length, 2);
    rounds[1].answer();
    assert.deepEqual(await Promise.all(others), ['C', 'D', 'E']);
  });

  it('do not wait long for a round that takes its time', async () => {
    const { together, rounds } = scene({ patience: 5 });
    const slow = together.of('slow');
    const others = [together.of('a'), together.of('b')];
    while (rounds.length < 2) await wait(1);
    assert.deepEqual(rounds[1]!.asked, ['a', 'b']);
    rounds[1]!.answer();
    assert.deepEqual(await Promise.all(others), ['A', 'B']);
    rounds[0]!.answer();
    assert.equal(await slow, 'SLOW');
  });
});
