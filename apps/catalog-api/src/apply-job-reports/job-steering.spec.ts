import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Envelope, JobSteeredV1 } from '#contracts';
import { JobChanges } from '../events/job-changes.js';
import { JobRecords } from '../persistence/job-records.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { jobOf, silentRelay } from '../testing/samples.js';
import { JobSteeringConsumer } from './job-steering.consumer.js';

const at = '2026-11-29T02:13:00.000Z';

function envelope(data: Partial<JobSteeredV1> = {}): Envelope<JobSteeredV1> {
  const word = { jobId: 'j', what: 'hold', by: 'olga', reason: 'drive 3 is out', at, ...data };
  return { data: word } as Envelope<JobSteeredV1>;
}

describe('What an operator says of a job', () => {
  let records: JobRecords;
  let consumer: JobSteeringConsumer;
  let told: string[];

  beforeEach(async () => {
    records = new JobRecords(memoryCatalogue(), silentRelay);
    const news = new JobChanges();
    told = [];
    news.listen((jobId) => told.push(jobId));
    consumer = new JobSteeringConsumer(records, news);
    await records.post(jobOf('j'));
  });
  const history = async () => (await records.find('j'))?.catena?.history ?? [];

  it('stands in the history of the job, with who and why, and its followers hear of it', async () => {
    await consumer.steered(envelope());
    const { statusCode, ...entry } = (await history()).at(-1)!;
    assert.equal(statusCode, (await records.find('j'))?.statusCode, 'its status stays');
    assert.deepEqual(entry, {
      ...{ at: new Date(at), by: 'olga', reason: 'drive 3 is out', event: 'steered' },
      statusMessage: 'An operator holds it.',
    });
    assert.deepEqual(told, ['j']);
  });

  it('stands there once, however often its message comes', async () => {
    const before = (await history()).length;
    for (let times = 0; times < 3; times += 1) await consumer.steered(envelope());
    await Promise.all([consumer.steered(envelope()), consumer.steered(envelope({ by: 'ben' }))]);
    assert.equal((await history()).length, before + 2);
    assert.deepEqual(told, ['j', 'j']);
  });

  it('is said in words', async () => {
    for (const data of [
      { what: 'priority', priority: 0 },
      { what: 'defer', until: '2026-12-01T00:00:00Z' },
      { what: 'defer' },
      { what: 'go' },
    ] as const)
      await consumer.steered(
        envelope({ ...data, at: new Date(Date.parse(at) + told.length + 1).toISOString() }),
      );
    assert.deepEqual(
      (await history()).slice(-4).map(({ statusMessage }) => statusMessage),
      [
        'An operator made it urgent.',
        'An operator deferred it until 2026-12-01T00:00:00Z.',
        'An operator has it go on at once.',
        'An operator lets it go on.',
      ],
    );
  });

  it('of a job that is gone is nobody’s to read', async () => {
    await consumer.steered(envelope({ jobId: 'gone' }));
    assert.deepEqual(told, []);
  });
});
