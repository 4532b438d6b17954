import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foldTasks, foldWorkOrders } from './fold.js';

describe('foldWorkOrders', () => {
  it('waits while anything is under way', () => {
    for (const state of ['drafted', 'planned', 'released'] as const)
      assert.equal(foldWorkOrders({ [state]: 1, done: 5, failed: 1 }), undefined);
  });
  it('fails when one failed', () =>
    assert.equal(foldWorkOrders({ done: 5, failed: 1, cancelled: 2 }), 'failed'));
  it('is cancelled when one was cancelled and none failed', () =>
    assert.equal(foldWorkOrders({ done: 5, cancelled: 1 }), 'cancelled'));
  it('takes no work for no success', () => assert.equal(foldWorkOrders({}), undefined));
  it('succeeds when all are done', () => assert.equal(foldWorkOrders({ done: 5 }), 'succeeded'));
});

describe('foldTasks', () => {
  it('waits while a dataset is being planned, worked on or registered', () => {
    for (const state of ['planning', 'running', 'registering'] as const)
      assert.equal(foldTasks({ [state]: 1, succeeded: 9 }), undefined);
  });
  it('tells success, failure, both, and cancellation apart', () => {
    assert.equal(foldTasks({ succeeded: 2 }), 'succeeded');
    assert.equal(foldTasks({ failed: 2 }), 'failed');
    assert.equal(foldTasks({ failed: 1, succeeded: 1 }), 'partial');
    assert.equal(foldTasks({ failed: 1, succeeded: 1, cancelled: 1 }), 'cancelled');
  });
});
