import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conditionsOf, stepOf } from './steps.js';

type State = 'drafted' | 'planned' | 'released' | 'done' | 'cancelled';
const workOrderSteps: Record<State, readonly State[]> = {
  drafted: ['planned', 'cancelled'],
  planned: ['released', 'cancelled'],
  released: ['done', 'cancelled'],
  done: [],
  cancelled: [],
};

describe('A step', () => {
  it('says what a write asks for and what it sets', () => {
    assert.deepEqual(stepOf(workOrderSteps, 'planned', 'released'), {
      from: { state: 'planned' },
      to: { state: 'released' },
    });
    assert.deepEqual(stepOf(workOrderSteps, ['drafted', 'planned'], 'cancelled').from, {
      state: { $in: ['drafted', 'planned'] },
    });
  });

  it('that the table does not know is refused, naming those that it does', () => {
    assert.throws(() => stepOf(workOrderSteps, 'done', 'cancelled'), /Expected nothing after "done"/);
    assert.throws(
      () => stepOf(workOrderSteps, ['released', 'planned'], 'done'),
      /Expected released, cancelled after "planned", found "done"/,
    );
  });

  it('of records that say their state in several fields asks for these, and is refused as well', () => {
    const asked = conditionsOf<'open' | 'over', object>(
      { open: ['over'], over: [] },
      { open: { over: false }, over: { over: true } },
    );
    assert.deepEqual(asked('open', 'over'), { over: false });
    assert.throws(() => asked('over', 'open'), /Expected nothing after "over", found "open"/);
  });
});
