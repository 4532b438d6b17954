import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import type { ShownJob } from '#console-api';
import { deferDeed, priorityDeed } from '../jobs/job-deeds.js';
import { Formats } from '../parts/formats.js';
import { textsEn as t } from '../texts/texts-en.js';
import { steeringAppOf } from '../jobs/steering-app.js';
import { steeredOf } from './steering.js';

const job: ShownJob = {
  ...{ id: 'a/1', type: 'archive', statusCode: 'inProgress', statusMessage: '', datasets: { count: 1 } },
};
const app = 'job-assembler-psi';

describe('The app that steers jobs', () => {
  it('has the name that this installation gave it', () => {
    assert.equal(steeringAppOf(['archiver', 'job-assembler']), 'job-assembler');
    assert.equal(steeringAppOf(['catalog-api', app]), app);
    assert.equal(steeringAppOf(['archiver', 'job-assemblers']), undefined);
  });
});

describe('A job', () => {
  const refusalOf = (answer: Partial<Parameters<typeof steeredOf>[1]>): string | undefined => {
    const known = steeredOf(job, { app, data: undefined, error: null, ...answer }, t);
    return 'refusal' in known ? known.refusal : undefined;
  };

  it('is not steered before it is known how it stands, and in which version', () => {
    assert.equal(refusalOf({}), t.act.steeringLoading);
    assert.equal(refusalOf({ error: new Error('away') }), t.act.steeringUnknown(app));
    assert.equal(refusalOf({ data: { body: { priority: 0 } } }), t.act.steeringUnknown(app));
    assert.equal(refusalOf({ app: undefined }), t.act.noSteeringApp);
    assert.equal(refusalOf({ data: { body: { priority: 0 }, etag: '"3"' } }), undefined);
  });

  it('is steered at its app, by the version that was read', async () => {
    const known = steeredOf(job, { app, data: { body: { priority: 0 }, etag: '"3"' }, error: null }, t);
    assert.ok('steered' in known);
    assert.equal(known.priority, 0);
    const asked: unknown[] = [];
    const put = mock.method(globalThis, 'fetch', (url: string, { headers }: RequestInit) => {
      asked.push([url, (headers as Record<string, string>)['If-Match']]);
      return Promise.resolve(Response.json({}));
    });
    try {
      const said = { reason: 'wanted', key: 'k', values: { priority: 2 } };
      await priorityDeed(t, known.steered, known.priority).run(said);
      await deferDeed(t, new Formats('en', 'UTC'), known.steered).run({ ...said, values: {} });
    } finally {
      put.mock.restore();
    }
    const path = `/console/api/operations/${app}/jobs/a%2F1`;
    assert.deepEqual(asked, [
      [`${path}/priority`, '"3"'],
      [`${path}/defer`, '"3"'],
    ]);
  });
});
