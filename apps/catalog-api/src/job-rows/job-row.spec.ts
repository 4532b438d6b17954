import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { start } from '../testing/samples.js';
import { shownProgress } from './job-row.js';

describe('The progress of a job', () => {
  const progress = {
    ...{ bytesDone: 5, bytesTotal: 10, datasetsDone: 0, datasetsTotal: 2, at: start },
    ...{ phase: 'verifying' as const, waitsFor: ['room'] },
  };
  const shown = (statusCode: string, finished: boolean): unknown =>
    shownProgress({ statusCode, catena: { progress, finished } });

  it('is shown while it goes on as it was told, but for what it waits for', () => {
    const { waitsFor: _for, ...told } = progress;
    assert.deepEqual(shown('inProgress', false), told);
  });

  it('has no phase after the end, all datasets over, and all bytes only where it ended well', () => {
    const { waitsFor: _for, phase: _phase, ...over } = { ...progress, datasetsDone: 2 };
    assert.deepEqual(shown('finishedSuccessful', true), { ...over, bytesDone: 10 });
    assert.deepEqual(shown('finishedUnsuccessful', true), over);
  });
});
