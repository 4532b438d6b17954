import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StandingQuestion } from './standing-question.js';

describe('A standing question', () => {
  it('keeps its newest answer, and says when it failed last', async () => {
    const answers = [() => 1, () => assert.fail('away'), () => 2];
    const question = new StandingQuestion(async () => Promise.resolve(answers.shift()!()), 60_000);
    assert.deepEqual([question.answer, question.failing], [undefined, false]);
    await question.ask();
    assert.deepEqual([question.answer, question.failing], [1, false]);
    await question.ask();
    assert.deepEqual([question.answer, question.failing], [1, true]);
    await question.ask();
    assert.deepEqual([question.answer, question.failing], [2, false]);
  });

  it('that hangs has failed, and is not asked again before it was answered', async () => {
    let asked = 0;
    let answer: (value: string) => void = () => undefined;
    const question = new StandingQuestion(() => {
      asked += 1;
      return new Promise<string>((resolve) => (answer = resolve));
    }, 1);
    for (let times = 0; times < 3; times += 1) await question.ask();
    assert.deepEqual([asked, question.failing], [1, true]);
    const last = question.ask();
    answer('late');
    await last;
    // The answer itself may come a turn after the end of patience.
    while (question.answer === undefined) await new Promise(setImmediate);
    assert.deepEqual([asked, question.answer, question.failing], [1, 'late', false]);
  });
});
