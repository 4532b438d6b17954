import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outcomeOfTasks, outcomeOfWork } from './outcomes.js';

describe('outcomeOfWork', () => {
  it('waits while anything is under way', () => {
    for (const state of ['drafted', 'planned', 'released'] as const)
      assert.equal(outcomeOfWork({ [state]: 1, done: 5, failed: 1 }), undefined);
  });
  it('fails when one failed', () =>
    assert.equal(outcomeOfWork({ done: 5, failed: 1, cancelled: 2 }), 'failed'));
  it('is cancelled when one was cancelled and none failed', () =>
    assert.equal(outcomeOfWork({ done: 5, cancelled: 1 }), 'cancelled'));
  it('takes no work for no success', () => assert.equal(outcomeOfWork({}), undefined));
  it('succeeds when all are done', () => assert.equal(outcomeOfWork({ done: 5 }), 'succeeded'));
});

describe('outcomeOfTasks', () => {
  it('waits while a dataset is being planned, worked on or registered', () => {
    for (const state of ['planning', 'running', 'registering'] as const)
      assert.equal(outcomeOfTasks({ [state]: 1, succeeded: 9 }), undefined);
  });
  it('tells success, failure, both, and cancellation apart', () => {
    assert.equal(outcomeOfTasks({ succeeded: 2 }), 'succeeded');
    assert.equal(outcomeOfTasks({ failed: 2 }), 'failed');
    assert.equal(outcomeOfTasks({ failed: 1, succeeded: 1 }), 'partial');
    assert.equal(outcomeOfTasks({ failed: 1, succeeded: 1, cancelled: 1 }), 'cancelled');
  });
});
