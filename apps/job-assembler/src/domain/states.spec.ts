import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jobSteps, openStates, taskSteps, workOrderSteps } from './states.js';

const tables = { jobs: jobSteps, datasets: taskSteps, 'work orders': workOrderSteps } as const;

describe('The states', () => {
  for (const [name, table] of Object.entries(tables) as [string, Record<string, readonly string[]>][]) {
    it(`of ${name} never lead back`, () => {
      const visit = (state: string, way: readonly string[]): void => {
        assert.ok(!way.includes(state), `${[...way, state].join(' → ')} is a circle`);
        for (const next of table[state] ?? []) visit(next, [...way, state]);
      };
      for (const state of Object.keys(table)) visit(state, []);
    });

    it(`of ${name} can all be reached from the first`, () => {
      const [first = '', ...others] = Object.keys(table);
      const reached = new Set([first]);
      for (const state of reached) for (const next of table[state] ?? []) reached.add(next);
      assert.deepEqual([...reached].sort(), [first, ...others].sort());
    });
  }

  it('that are open are those that others follow', () => {
    assert.deepEqual(openStates(taskSteps), ['planning', 'running', 'registering']);
    assert.deepEqual(openStates(jobSteps), ['accepted', 'running']);
  });
});
