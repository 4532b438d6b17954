import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { datasetInSourceFolder } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { LegacyConsumer } from '../support/legacy-consumer.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const names = {
  exchange: `legacy.${process.pid}.jobs.write`,
  queue: `legacy.${process.pid}.client.jobs.write`,
  key: 'jobqueue',
};

const configuration = `
configVersion: v1.0 legacy
jobs:
  - jobType: archive
    create:
      auth: '#datasetOwner'
      actions:
        - actionType: validate
          request:
            jobParams.tapeCopies: { type: string, enum: [one, two] }
        - actionType: rabbitmq
          exchange: ${names.exchange}
          queue: ${names.queue}
          key: ${names.key}
    update:
      auth: '@archivemanager'
      actions:
        - actionType: switch
          phase: perform
          property: job.statusCode
          cases:
            - match: finishedSuccessful
              actions:
                - actionType: log
                  perform: 'Job {{job.id}} of {{job.ownerUser}} is over.'
`;

/** The order of fields archive systems have parsed for years. */
const fields =
  'createdBy updatedBy createdAt updatedAt ownerGroup accessGroups isPublished _id id ownerUser type statusCode statusMessage jobParams contactEmail configVersion jobResultObject __v'.split(
    ' ',
  );

describe('An external archive system on the legacy feed', () => {
  const seen = verdict();
  let installation: Installation;
  let scientist: ScicatClient;
  let archiveSystem: ScicatClient;
  let consumer: LegacyConsumer;

  before(async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'catena-jobs-')), 'jobs.yaml');
    await writeFile(file, configuration);
    installation = await Installation.create({ jobConfigurationFile: file });
    consumer = await LegacyConsumer.open(
      installation.settings.services['RABBITMQ_URL'] ?? '',
      names.exchange,
      names.queue,
      names.key,
    );
    await installation.start();
    scientist = await installation.client('demo');
    archiveSystem = await installation.client('archiveManager');
  });
  after(async () => {
    await consumer.close();
    await installation.stop(seen.failed);
  });

  const post = async (pid: string, tapeCopies: string) =>
    scientist.call('POST', '/api/v3/Jobs', {
      type: 'archive',
      jobParams: { tapeCopies, username: 'demo', ownerGroup: 'demo-group' },
      jobStatusMessage: 'jobSubmitted',
      datasetList: [{ pid, files: [] }],
      emailJobInitiator: 'ada@example.org',
      executionTime: null,
    });

  it("receives each job once, in today's format", async () => {
    const { pid } = await datasetInSourceFolder(installation, scientist);
    const { status, body } = await post(pid, 'one');
    assert.equal(status, 201, JSON.stringify(body));
    await until(() => consumer.deliveries.length > 0);
    // Longer than the time after which an unaccepted message would be sent again.
    await new Promise((resolve) => setTimeout(resolve, 5000));
    assert.equal(consumer.deliveries.length, 1);
    const [{ body: message, properties }] = consumer.deliveries as [(typeof consumer.deliveries)[number]];
    assert.deepEqual(Object.keys(message), fields);
    assert.equal(message['id'], body['id']);
    assert.equal(message['type'], 'archive');
    assert.equal(message['ownerUser'], 'demo');
    assert.equal(message['statusCode'], 'jobSubmitted');
    assert.deepEqual(message['jobParams'], {
      datasetList: [{ pid, files: [] }],
      ...{ tapeCopies: 'one', username: 'demo', ownerGroup: 'demo-group' },
    });
    assert.equal(properties['deliveryMode'], 2);
    assert.match(String(properties['messageId']), /^[0-9a-f-]{36}$/);
  });

  it('finishes the job with PATCH requests only', async () => {
    const { pid } = await datasetInSourceFolder(installation, scientist);
    const { body } = await post(pid, 'two');
    const id = String(body['id']);
    const lifecycle = `/api/v3/datasets/${encodeURIComponent(pid)}`;
    assert.equal(
      (await archiveSystem.call('PATCH', `/api/v3/Jobs/${id}`, { jobStatusMessage: 'inProgress' })).status,
      200,
    );
    assert.equal(
      (
        await archiveSystem.call('PATCH', `${lifecycle}/datasetlifecycle`, {
          archivable: false,
          archiveStatusMessage: 'started',
        })
      ).status,
      200,
    );
    assert.equal(
      (
        await archiveSystem.call('PATCH', `${lifecycle}/datasetlifecycle`, {
          retrievable: true,
          archiveStatusMessage: 'datasetOnArchiveDisk',
        })
      ).status,
      200,
    );
    const end = await archiveSystem.call('PATCH', `/api/v4/jobs/${id}`, {
      statusCode: 'finishedSuccessful',
      statusMessage: 'done',
      jobResultObject: { tapes: 2 },
    });
    assert.equal(end.status, 200, JSON.stringify(end.body));
    const job = await scientist.call('GET', `/api/v3/Jobs/${id}`);
    assert.equal(job.body['jobStatusMessage'], 'finishedSuccessful');
    assert.deepEqual(job.body['jobResultObject'], { tapes: 2 });
    const { datasetlifecycle } = await scientist.dataset(pid);
    assert.deepEqual(
      [
        datasetlifecycle['archivable'],
        datasetlifecycle['retrievable'],
        datasetlifecycle['archiveStatusMessage'],
      ],
      [false, true, 'datasetOnArchiveDisk'],
    );
  });

  it('keeps access groups and publication when it patches a part of the lifecycle through the dataset', async () => {
    const { pid } = await datasetInSourceFolder(installation, scientist);
    const path = `/api/v3/datasets/${encodeURIComponent(pid)}`;
    assert.equal((await scientist.call('PATCH', path, { accessGroups: ['colleagues'] })).status, 200);
    assert.equal(
      (
        await scientist.call('PATCH', path, {
          datasetlifecycle: { archiveStatusMessage: 'started', archivable: false },
        })
      ).status,
      200,
    );
    assert.equal(
      (await scientist.call('PATCH', path, { datasetlifecycle: { retrieveStatusMessage: 'x' } })).status,
      200,
    );
    const dataset = await scientist.dataset(pid);
    assert.deepEqual(dataset['accessGroups'], ['colleagues']);
    assert.deepEqual(
      [dataset.datasetlifecycle['archivable'], dataset.datasetlifecycle['archiveStatusMessage']],
      [false, 'started'],
    );
    assert.ok(Number(dataset['size']) > 0, 'the size survives');
  });

  it('refuses a job that its validate action refuses, and sends nothing', async () => {
    const before = consumer.deliveries.length;
    const { pid } = await datasetInSourceFolder(installation, scientist);
    const { status, body } = await post(pid, 'three');
    assert.deepEqual(
      [status, body],
      [400, { status: 400, message: "Invalid request. Invalid value for 'jobParams.tapeCopies'" }],
    );
    assert.equal(consumer.deliveries.length, before);
  });

  it('may not be finished by the scientist', async () => {
    const { pid } = await datasetInSourceFolder(installation, scientist);
    const { body } = await post(pid, 'one');
    assert.equal(
      (
        await scientist.call('PATCH', `/api/v3/Jobs/${String(body['id'])}`, {
          jobStatusMessage: 'finishedSuccessful',
        })
      ).status,
      403,
    );
  });
});
