import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { SharedAnswers } from './shared-answers.js';

describe('SharedAnswers', () => {
  let now: number;
  let made: number;
  let answers: SharedAnswers<number>;
  const make = (): Promise<number> => Promise.resolve((made += 1));
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    [now, made] = [0, 0];
    answers = new SharedAnswers({ fresh: 10, stale: 100 }, 2, () => now);
  });

  it('makes one answer for all who ask', async () => {
    const all = await Promise.all([1, 2, 3].map(() => answers.get('a', make)));
    assert.deepEqual([all, made], [[1, 1, 1], 1]);
  });

  it('gives an old one while it makes a new one', async () => {
    await answers.get('a', make);
    now = 11;
    assert.equal(await answers.get('a', make), 1);
    await settle();
    assert.equal(await answers.get('a', make), 2);
  });

  it('gives none that is too old', async () => {
    await answers.get('a', make);
    now = 101;
    assert.equal(await answers.get('a', make), 2);
  });

  it('hands on the last answer to the maker of the next', async () => {
    await answers.get('a', make);
    now = 101;
    assert.equal(await answers.get('a', async (before) => (before ?? 0) + 10), 11);
  });

  it('forgets a failure, and keeps the old answer meanwhile', async () => {
    const fail = (): Promise<number> => Promise.reject(new Error('away'));
    await assert.rejects(answers.get('a', fail));
    assert.equal(await answers.get('a', make), 1);
    now = 11;
    assert.equal(await answers.get('a', fail), 1);
    await settle();
    assert.equal(await answers.get('a', make), 1);
    await settle();
    assert.equal(await answers.get('a', make), 2);
  });

  it('remembers a bounded number of them', async () => {
    for (const key of ['a', 'b', 'c']) await answers.get(key, make);
    assert.equal(await answers.get('c', make), 3);
    assert.equal(await answers.get('a', make), 4);
  });
});
