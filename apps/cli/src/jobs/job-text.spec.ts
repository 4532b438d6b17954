import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { insteadOfRetry, type Job } from './job-api.js';
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

describe('What is said instead of a retry', () => {
  const said = (changes: Partial<Job>): string => insteadOfRetry({ ...job, ...changes }) ?? '';

  it('is, for a cancelled job, the command that asks anew', () => {
    const cancelled = said({ statusCode: 'jobCancelled', jobResultObject: {} });
    assert.match(cancelled, /found j jobCancelled: .* new job: catena archive p$/);
    assert.match(said({ statusCode: 'jobCancelled', type: 'retrieve' }), /catena retrieve p --to FOLDER$/);
  });
  it('is, for a job under way, how to follow it', () => assert.match(said({}), /catena job j --follow/));
  it('is, for a job that did everything, that there is nothing to do', () =>
    assert.match(said({ statusCode: 'finishedSuccessful' }), /nothing to retry/));
  it('is nothing where datasets failed', () =>
    assert.equal(
      insteadOfRetry({ ...job, jobResultObject: { bad: [{ pid: 'p', code: 'c', message: 'm' }] } }),
      undefined,
    ));
});
