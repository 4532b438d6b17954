import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Job } from './job-api.js';
import { jobLines } from './job-text.js';

const job: Job = {
  ...{ id: 'j', type: 'archive', statusCode: 'inProgress', statusMessage: 'Working.' },
  ...{ createdAt: 'then', updatedAt: 'now', jobParams: { datasetList: [{ pid: 'p' }] } },
  jobResultObject: {},
};

describe('What is printed of a job', () => {
  it('says what it waits for, each reason in a line of its own', () => {
    const lines = jobLines(job, ['a slot', 'the archiver, which says: no room']);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('waits for')),
      ['waits for a slot', 'waits for the archiver, which says: no room'],
    );
    assert.ok(!jobLines(job).some((line) => line.startsWith('waits')));
  });
});
