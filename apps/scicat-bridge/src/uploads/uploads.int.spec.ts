import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { idFromName, TransientError } from '#kernel';
import { UploadRefused } from '#ingestor-uploads';
import type { AppHealth } from '#service-host';
import type { Scicat } from '../scicat/scicat.js';
import type { JobWorker } from '../tell-scicat/job-worker.js';
import { BridgeStory, file } from '../testing/bridge-story.js';
import { BridgeUploadCatalogue } from './bridge-upload-catalogue.js';
import { UploadableDatasets } from './uploadable-datasets.js';

const waiting = { archivable: false, retrievable: false, archiveStatusMessage: 'filesNotYetAvailable' };
const ready = { archivable: true, retrievable: false, archiveStatusMessage: 'datasetCreated' };
const archived = { archivable: false, retrievable: true, archiveStatusMessage: 'datasetOnArchiveDisk' };
const ada = { username: 'ada', email: 'ada@example.org', groups: ['group', 'other'], accountId: 'id-of-ada' };
const wanted = { uploadId: 'u-1', pid: 'a', contactEmail: 'to@example.org' };
const away = { code: 'scicat.away', retriable: true };

describe('What uploads ask of a SciCat that stays', () => {
  let story: BridgeStory;
  let woken = 0;
  const health = { database: true, broker: true };
  before(async () => {
    story = await BridgeStory.begin(process.env['MONGODB_URI']);
  });
  after(() => story.end());
  afterEach(async () => {
    await story.anew();
    story.scicat.records.jobTypes.add('archive');
  });

  const catalogue = (): BridgeUploadCatalogue => {
    const { scicat, parts, jobs, config } = story;
    return new BridgeUploadCatalogue(
      scicat,
      new UploadableDatasets(scicat, parts, jobs),
      jobs,
      { wake: () => (woken += 1) } as unknown as JobWorker,
      health as unknown as AppHealth,
      config,
    );
  };
  const dataset = (lifecycle: object = waiting): void => {
    story.scicat.records.addDataset('a', [file], { datasetlifecycle: lifecycle });
  };
  const says = () => story.scicat.records.datasets.get('a')?.datasetlifecycle;
  const refusal = (status: number, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof UploadRefused, String(error));
    assert.equal(error.status, status);
    assert.match(error.message, message);
    return true;
  };
  /** Once, when this method is called. */
  const onceBefore = (wantedMethod: keyof Scicat, act: () => void | Promise<void>): void => {
    story.scicat.before = async (method) => {
      if (method !== wantedMethod) return;
      story.scicat.before = undefined;
      await act();
    };
  };
  /** The answer to the next call of this method is lost, after everything was done. */
  const loseAnswerOf = (wantedMethod: keyof Scicat): void => {
    story.scicat.after = (method) => {
      if (method !== wantedMethod) return;
      story.scicat.after = undefined;
      throw new TransientError('scicat.away', 'the answer was lost', { away: true });
    };
  };
  const archiveJob = async (id: string): Promise<void> => {
    story.scicat.records.addJob(id, ['a']);
    await story.jobs.see(id, 'feed');
    await story.go(1000);
    assert.equal((await story.job(id))?.state, 'accepted');
  };

  it('is whose a token is, and what SciCat says now of that account', async () => {
    const { records } = story.scicat;
    records.addPerson('token', { groups: ['group', 'other'] });
    assert.deepEqual(await catalogue().uploaderOf('token'), ada);
    assert.equal(await catalogue().uploaderOf('another'), undefined);
    records.addPerson('token', { groups: ['group'] });
    assert.deepEqual(await catalogue().uploaderNow(ada), { ...ada, groups: ['group'] });
    records.people.clear();
    assert.equal(await catalogue().uploaderNow(ada), undefined);
    story.scicat.awayFor(Infinity);
    await assert.rejects(catalogue().uploaderOf('token'), away);
    assert.deepEqual(await catalogue().uploaderNow(ada), ada, 'an upload goes on without SciCat');
  });

  it("of a provider's person is what the token said", async () => {
    const { accountId: _, ...person } = ada;
    assert.deepEqual(await catalogue().uploaderNamed(person), person);
    assert.deepEqual(await catalogue().uploaderNow(person), person);
    assert.deepEqual(story.scicat.calls, []);
  });

  it('is whether a dataset is theirs to fill, and which files it lists', async () => {
    dataset();
    story.scicat.records.originals.set('a', [
      [
        { path: '/data/run', size: 4096, perm: 'drwxr-xr-x' },
        { path: '/data/run/1', size: 1 },
      ],
      [{ path: 'run/2', size: 2, perm: '-rw-r--r--' }],
    ]);
    const admitted = await catalogue().admit(ada, 'a');
    assert.deepEqual(admitted, { pid: 'a', ownerGroup: 'group', sourceFolder: '/data' });
    const files: unknown[] = [];
    for await (const one of catalogue().files(admitted)) files.push(one);
    assert.deepEqual(files, [
      { path: 'run/1', size: 1 },
      { path: 'run/2', size: 2 },
    ]);
    await assert.rejects(catalogue().admit(ada, 'b'), refusal(404, /dataset b in SciCat/));
    story.scicat.awayFor(1);
    await assert.rejects(catalogue().admit(ada, 'a'), away);
  });

  it('is no way in for other groups, nor for administrators of SciCat', async () => {
    dataset();
    for (const groups of [[], ['other'], ['admin', 'archivemanager'], ['Group']])
      await assert.rejects(
        catalogue().admit({ ...ada, groups }, 'a'),
        refusal(403, /owner group of dataset a \(group\)/),
      );
    await story.scicat.writeLifecycle('a', archived);
    const stranger = { ...ada, groups: ['other'] };
    // A stranger does not even learn that it is archived.
    await assert.rejects(catalogue().admit(stranger, 'a'), refusal(403, /owner group/));
  });

  it('is refused of what is archived, or worked on, by us or by others', async () => {
    dataset(archived);
    await assert.rejects(catalogue().admit(ada, 'a'), refusal(409, /is archived/));
    await assert.rejects(catalogue().markArchivable('a'), refusal(409, /is archived/));
    for (const archiveStatusMessage of ['scheduledForArchiving', 'started']) {
      dataset({ ...waiting, archiveStatusMessage });
      await assert.rejects(catalogue().admit(ada, 'a'), refusal(409, /a job works on it/));
    }
    dataset(ready);
    await archiveJob('j');
    // Whatever it says: the job's hold counts.
    dataset(ready);
    for (const ask of [() => catalogue().admit(ada, 'a'), () => catalogue().markArchivable('a')])
      await assert.rejects(ask(), refusal(409, /worked on by job j/));
    assert.deepEqual(says(), ready);
  });

  it('is not held by what a process left of a job that is over', async () => {
    dataset();
    await story.parts.take('gone', 'archive', ['a'], true, () => undefined);
    assert.equal((await catalogue().admit(ada, 'a')).pid, 'a');
    await catalogue().markArchivable('a');
    assert.deepEqual(says(), ready);
  });

  it('is told that the files are there, in two fields, once', async () => {
    dataset({ ...waiting, isOnCentralDisk: false, retrieveStatusMessage: 'x' });
    for (const _ of [1, 2]) await catalogue().markArchivable('a');
    assert.deepEqual(says(), { ...ready, isOnCentralDisk: false, retrieveStatusMessage: 'x' });
    const { archivable, archiveStatusMessage } = ready;
    assert.deepEqual(story.writes, [
      `writeLifecycle ${JSON.stringify(['a', { archivable, archiveStatusMessage }])}`,
    ]);
    await assert.rejects(catalogue().markArchivable('b'), refusal(404, /dataset b/));
  });

  it('may be told again when SciCat was away, or its answer was lost', async () => {
    dataset();
    story.scicat.awayFor(1);
    await assert.rejects(catalogue().markArchivable('a'), away);
    assert.deepEqual(says(), waiting);
    loseAnswerOf('writeLifecycle');
    await assert.rejects(catalogue().markArchivable('a'), away);
    await catalogue().markArchivable('a');
    assert.deepEqual(says(), ready);
    assert.equal(story.writes.length, 1);
  });

  it('keeps its word where another program archived the dataset between the look and the write', async () => {
    dataset();
    onceBefore('writeLifecycle', () => {
      dataset(archived);
    });
    await assert.rejects(catalogue().markArchivable('a'), refusal(409, /is archived/));
    assert.deepEqual(says(), archived);
  });

  it('keeps its word where a job of ours took the dataset between the look and the write', async () => {
    dataset({ ...ready, archiveStatusMessage: 'scheduleArchiveJobFailed' });
    let scheduled: unknown;
    onceBefore('writeLifecycle', async () => {
      await archiveJob('j');
      scheduled = says();
    });
    await assert.rejects(catalogue().markArchivable('a'), refusal(409, /worked on by job j/));
    assert.deepEqual(says(), scheduled);
    assert.equal(says()?.archiveStatusMessage, 'scheduledForArchiving');
  });

  it('has the dataset deleted between the look and the write', async () => {
    dataset();
    onceBefore('writeLifecycle', () => {
      story.scicat.records.datasets.clear();
    });
    await assert.rejects(catalogue().markArchivable('a'), refusal(404, /dataset a/));
  });

  it('gets one archive job of the uploader, which is done at once', async () => {
    const { records } = story.scicat;
    records.addPerson('token', { username: 'ada', profileName: 'ada-of-the-directory' });
    dataset(ready);
    woken = 0;
    const id = await catalogue().postArchiveJob(ada, wanted);
    assert.equal(woken, 1);
    const job = records.jobs.get(id);
    assert.deepEqual(
      [job?.type, job?.ownerUser, job?.ownerGroup, job?.createdBy, job?.contactEmail],
      ['archive', 'ada', 'group', 'catena', 'to@example.org'],
    );
    assert.deepEqual(job?.datasetList, [{ pid: 'a', files: [] }]);
    await story.go(1000);
    const { state, seenBy } = (await story.job(id)) ?? {};
    assert.deepEqual([state, seenBy], ['accepted', ['upload']]);
    // The dataset is worked on by now: the same job all the same.
    assert.equal(await catalogue().postArchiveJob(ada, wanted), id);
    assert.equal(records.jobs.size, 1);
    await assert.rejects(
      catalogue().postArchiveJob(ada, { ...wanted, uploadId: 'u-2' }),
      refusal(409, new RegExp(`worked on by job ${id}`)),
    );
    assert.equal(records.jobs.size, 1);
  });

  it('gets no second job when the answer was lost, or SciCat was away before it', async () => {
    const { records } = story.scicat;
    records.addPerson('token');
    dataset(ready);
    for (const calls of [1, 2, 3]) {
      story.scicat.awayFor(calls);
      for (let call = 0; call < calls; call += 1)
        await assert.rejects(catalogue().postArchiveJob(ada, wanted), away);
      assert.equal(records.jobs.size, 0);
    }
    loseAnswerOf('postJob');
    await assert.rejects(catalogue().postArchiveJob(ada, wanted), away);
    assert.equal(records.jobs.size, 1);
    const [id] = [...records.jobs.keys()];
    assert.equal(await catalogue().postArchiveJob(ada, wanted), id);
    assert.equal(records.jobs.size, 1);
    await story.go(1000);
    assert.equal((await story.job(id ?? ''))?.state, 'accepted');
  });

  it('gets no job of an account that is gone, and one under the name of a person of a provider', async () => {
    const { records } = story.scicat;
    dataset(ready);
    await assert.rejects(catalogue().postArchiveJob(ada, wanted), refusal(403, /account of ada/));
    assert.equal(records.jobs.size, 0);
    const { accountId: _, ...person } = ada;
    await catalogue().postArchiveJob(person, wanted);
    assert.equal(records.jobs.size, 1);
  });

  it('refuses a job in its own words, unless it has stored it all the same', async () => {
    const { records } = story.scicat;
    records.addPerson('token');
    dataset(ready);
    records.jobTypes.delete('archive');
    await assert.rejects(catalogue().postArchiveJob(ada, wanted), refusal(409, /Invalid job type: archive/));
    assert.deepEqual([records.jobs.size, await story.job('j')], [0, undefined]);
    // As where an action of its configuration fails when the job is stored.
    story.scicat.before = (method) => {
      if (method !== 'postJob') return;
      records.addJob('stored', ['a'], { jobParams: { catenaUpload: 'u-1' } });
    };
    assert.equal(await catalogue().postArchiveJob(ada, wanted), 'stored');
    assert.equal((await story.job('stored'))?.state, 'seen');
  });

  it('is given the jobs that its action posts, the same run each time, and types of others are refused', async () => {
    const run = await catalogue().runOf('j', 'archive');
    assert.deepEqual(run, { uuid: idFromName('run of job j'), name: 'job-j' });
    assert.deepEqual(await catalogue().runOf('j', 'archive'), run);
    assert.deepEqual((await story.job('j'))?.seenBy, ['door']);
    await assert.rejects(
      catalogue().runOf('k', 'print'),
      refusal(422, /archive, retrieve, reset \(SCICAT_JOB_TYPES\)/),
    );
    for (const odd of ['.', '..', '-x', 'a/b'])
      await assert.rejects(catalogue().runOf(odd, 'archive'), refusal(422, /id of a job/));
    assert.equal(await story.job('k'), undefined);
  });

  it('lacks SciCat, the database or the broker, with an address', async () => {
    assert.deepEqual(await catalogue().missing(), []);
    story.scicat.awayFor(1);
    health.broker = false;
    const lacking = await catalogue().missing();
    health.broker = true;
    assert.deepEqual(
      lacking.map(({ dependency, endpoint }) => [dependency, endpoint]),
      [
        ['broker', ''],
        ['scicat', 'http://x/api/v3/health'],
      ],
    );
  });
});
