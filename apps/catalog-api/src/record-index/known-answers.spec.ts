import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KnownAnswers } from './known-answers.js';

describe('Answers that are known', () => {
  it('are those of the same question, until something changes', () => {
    const answers = new KnownAnswers();
    let found = 0;
    const find = (): number => (found += 1);
    assert.deepEqual([answers.of(1, { a: 1 }, find), answers.of(1, { a: 1 }, find)], [1, 1]);
    assert.equal(answers.of(1, { a: 2 }, find), 2);
    assert.equal(answers.of(2, { a: 1 }, find), 3);
  });

  it('tell values apart that are written alike', () => {
    const answers = new KnownAnswers();
    const time = new Date('2024-01-01T00:00:00.000Z');
    const questions = [
      ...[time, time.toISOString(), time.getTime(), null, 'null', 1, '1', true, 'true', [1], { $in: [1] }],
      ...[/a/, /b/, {}, '/a/'],
    ].map((value) => ({ value }));
    questions.forEach((question, number) => answers.of(1, question, () => number));
    assert.deepEqual(
      questions.map((question) => answers.of(1, question, () => -1)),
      questions.map((_question, number) => number),
    );
  });

  it('are forgotten, the oldest first, and not kept where the question is longer than any answer', () => {
    const answers = new KnownAnswers();
    for (let number = 0; number < 1000; number += 1) answers.of(1, { number }, () => number);
    assert.equal(
      answers.of(1, { number: 0 }, () => -1),
      -1,
    );
    assert.equal(
      answers.of(1, { number: 999 }, () => -1),
      999,
    );
    const large = { text: 'large' };
    answers.of(
      1,
      large,
      () => 'large',
      () => 90_000,
    );
    answers.of(
      1,
      { text: 'larger' },
      () => 'larger',
      () => 90_000,
    );
    assert.equal(
      answers.of(1, large, () => 'found again'),
      'found again',
    );
    const long = { text: 'x'.repeat(20_000) };
    assert.deepEqual([answers.of(1, long, () => 1), answers.of(1, long, () => 2)], [1, 2]);
  });
});
