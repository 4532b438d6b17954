import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseJobConfiguration } from './job-configuration.js';

describe('A job type', () => {
  const typeOf = (workflow: string, auth?: string) =>
    parseJobConfiguration(
      {
        configVersion: '1',
        jobs: [
          {
            jobType: 'x',
            create: {
              actions: [{ actionType: 'catena', workflow }],
              ...(auth === undefined ? {} : { auth }),
            },
            update: {},
          },
        ],
      },
      'jobs.yaml',
    ).jobs.get('x');

  for (const workflow of ['repair', 'migrate'])
    it(`that has copies ${workflow}ed is for operators: a word that lets users in stops the start`, () => {
      for (const auth of [undefined, '#jobAdmin', '@archive-team', 'somebody'])
        assert.equal(typeOf(workflow, auth)?.workflow, workflow);
      for (const auth of ['#all', '#authenticated', '#datasetOwner', '#datasetAccess', '#datasetPublic'])
        assert.throws(() => typeOf(workflow, auth), /create.auth to be #jobAdmin, a group or a user/);
    });

  it('of a workflow that nobody knows stops the start', () => {
    assert.throws(() => typeOf('move'), /archive, retrieve, verify, reset, repair or migrate/);
  });
});
