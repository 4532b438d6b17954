import assert from 'node:assert/strict';
import { it } from 'node:test';
import { pauseAfter } from './supervisor.js';

it('an app that keeps crashing is started ever less often', () =>
  assert.deepEqual([1, 2, 3, 4, 5, 6, 50].map(pauseAfter), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]));
