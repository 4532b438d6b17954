import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { ClaimChecks } from '#claim-check';
import type { Envelope, JobFinishedV1, JobProgressedV1, JobStartedV1 } from '#contracts';
import { createLogger } from '#observability';
import { ManualClock } from '#kernel';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import type { DatasetClaims } from '../claims/dataset-claims.js';
import { AccessRules, type GroupLists } from '../domain/access.js';
import { noJobTypes } from '../domain/job-configuration.js';
import { JobChanges } from '../events/job-changes.js';
import type { JobActions } from '../jobs/job-actions.js';
import { JobUpdates } from '../jobs/job-updates.js';
import { JobRecords } from '../persistence/job-records.js';
import type { JobRecord } from '../persistence/records.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { jobOf, silentRelay, start } from '../testing/samples.js';
import { JobReportsConsumer } from './job-reports.consumer.js';
import { JobResults } from './job-results.js';

const config = {
  jobMails: { archiveManagers: [], templates: undefined, lifetime: 1 },
} as unknown as CatalogApiConfig;

describe('A report about a job', () => {
  let records: JobRecords;
  let consumer: JobReportsConsumer;
  let undone: string[];
  let told: string[];
  let lines: object[];

  beforeEach(async () => {
    records = new JobRecords(memoryCatalogue(), silentRelay);
    [undone, told, lines] = [[], [], []];
    const claims = {
      undo: (id: string) => Promise.resolve(undone.push(id)),
    } as unknown as DatasetClaims;
    const checks = { readLines: () => Promise.resolve(lines) } as unknown as ClaimChecks;
    const actions = {
      legacyMessages: () => [],
      perform: () => Promise.resolve(),
    } as unknown as JobActions;
    const rules = new AccessRules({} as unknown as GroupLists);
    const news = new JobChanges();
    news.listen((jobId) => told.push(jobId));
    const clock = new ManualClock(start);
    const updates = new JobUpdates(records, rules, actions, noJobTypes, news, clock, config);
    consumer = new JobReportsConsumer(
      ...([
        updates,
        claims,
        new JobResults(checks),
        records,
        news,
        clock,
        createLogger('test', 'silent'),
      ] as const),
    );
    await records.post(jobOf('j'));
  });

  const found = async (): Promise<JobRecord> => (await records.find('j'))!;
  const started = (sequence: number) =>
    consumer.started({ data: { jobId: 'j', datasets: 2, bytes: 7 }, sequence } as Envelope<JobStartedV1>);
  const progressed = (bytesDone: number) =>
    consumer.progressed({ data: { jobId: 'j', bytesDone } } as Envelope<JobProgressedV1>);
  const counts = { datasetsSucceeded: 1, datasetsFailed: 0, datasetsCancelled: 0 };
  const finished = (sequence: number, more: Partial<JobFinishedV1> = {}) =>
    consumer.finished({
      data: { jobId: 'j', outcome: 'succeeded', message: 'm', ...counts, ...more },
      sequence,
    } as Envelope<JobFinishedV1>);

  it('gives it the words that clients wait for, whichever way it ended', async () => {
    for (const [outcome, word] of [
      ['succeeded', 'finishedSuccessful'],
      ['failed', 'finishedUnsuccessful'],
      ['partial', 'finishedWithDatasetErrors'],
      ['cancelled', 'jobCancel'],
    ] as const) {
      await records.post(jobOf(outcome));
      await finished(1, { jobId: outcome, outcome });
      assert.equal((await records.find(outcome))?.statusCode, word);
    }
  });

  it('that comes late changes nothing: neither its start after its end, nor progress after that', async () => {
    await started(1);
    assert.equal((await found()).statusMessage, 'Working on 2 dataset(s), 7 bytes.');
    await progressed(3);
    assert.deepEqual([(await found()).catena?.progress?.bytesDone, told], [3, ['j', 'j']]);
    await finished(5);
    for (const late of [started(2), finished(4), progressed(7)]) await late;
    const { statusCode, catena } = await found();
    assert.deepEqual([statusCode, catena?.progress?.bytesDone], ['finishedSuccessful', 3]);
  });

  it('leaves a mail of its start and one of its end to be sent, each once, whatever is delivered twice', async () => {
    for (const report of [() => started(1), () => started(1)]) await report();
    const { catena } = await found();
    assert.deepEqual([Object.keys(catena?.mails ?? {}), catena?.mailsDue], [['start'], start]);
    const mail = ['owner', 'tapes@example.org'];
    for (const report of [() => finished(5, { mail }), () => finished(5), () => started(2)]) await report();
    const ended = await found();
    assert.deepEqual(ended.catena?.mails, {
      start: {
        ...{ at: start, tries: 0, sent: [] },
        told: { statusCode: 'inProgress', statusMessage: 'Working on 2 dataset(s), 7 bytes.' },
      },
      end: {
        ...{ at: start, tries: 0, sent: [], also: mail },
        told: { statusCode: ended.statusCode, statusMessage: ended.statusMessage },
      },
    });
  });

  it('never leads back, in whichever order five of them come', async () => {
    const kinds = ['started', 'some bytes', 'all bytes', 'finished', 'finished again'] as const;
    const inOrder = (left: readonly (typeof kinds)[number][]): (typeof kinds)[number][][] =>
      left.length === 0
        ? [[]]
        : left.flatMap((one) => inOrder(left.filter((other) => other !== one)).map((rest) => [one, ...rest]));
    const orders = inOrder(kinds);
    assert.equal(orders.length, 120);
    for (const [index, order] of orders.entries()) {
      const jobId = `j${index}`;
      await records.post(jobOf(jobId));
      const end = () => finished(5, { jobId });
      const reports = {
        started: () =>
          consumer.started({ data: { jobId, datasets: 2, bytes: 7 }, sequence: 1 } as Envelope<JobStartedV1>),
        'some bytes': () =>
          consumer.progressed({ data: { jobId, bytesDone: 3 } } as Envelope<JobProgressedV1>),
        'all bytes': () =>
          consumer.progressed({ data: { jobId, bytesDone: 7 } } as Envelope<JobProgressedV1>),
        finished: end,
        'finished again': end,
      };
      let isOver = false;
      for (const kind of order) {
        await reports[kind]();
        isOver ||= kind.startsWith('finished');
        const { statusCode } = (await records.find(jobId))!;
        assert.equal(statusCode === 'finishedSuccessful', isOver, `${kind} in ${order.join(', ')}`);
      }
      const { catena } = (await records.find(jobId))!;
      const ends = (catena?.history ?? []).filter(({ statusCode }) => statusCode === 'finishedSuccessful');
      assert.equal(ends.length, 1, order.join(', '));
    }
  });

  it('of its end lets go of its datasets first, and shows what became of each', async () => {
    lines = [
      { pid: 'a', outcome: 'succeeded', datablocks: [{ id: 1 }, { id: 2 }] },
      { pid: 'b', outcome: 'failed', datablocks: [], code: 'x', message: 'y', fault: 'user' },
    ];
    await finished(1, { result: { bucket: 'b', key: 'k', size: 1, sha256: 's' } });
    assert.deepEqual(
      [undone, (await found()).jobResultObject],
      [
        ['j'],
        {
          ...counts,
          result: [
            { datasetId: 'a', id: 1 },
            { datasetId: 'a', id: 2 },
          ],
          good: ['a'],
          bad: [{ pid: 'b', code: 'x', message: 'y', fault: 'user' }],
        },
      ],
    );
  });

  it('of a very long list keeps a part, and says so', async () => {
    lines = Array.from({ length: 5001 }, () => ({ pid: 'a', outcome: 'succeeded', datablocks: [] }));
    await finished(1, { result: { bucket: 'b', key: 'k', size: 1, sha256: 's' } });
    const { good, truncated } = (await found()).jobResultObject as { good: string[]; truncated: boolean };
    assert.deepEqual([good.length, truncated], [5000, true]);
  });
});
