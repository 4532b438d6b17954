import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { datasetStartedV1, jobStartedV1 } from '#contracts';
import { TransientError } from '#kernel';
import { BridgeStory, file } from '../testing/bridge-story.js';

const lease = 90_000;
const files = [file, { path: 'g', size: 4 }];
const away = (): TransientError => new TransientError('scicat.away', 'ordered away', { away: true });

type Fault = 'away before' | 'away after' | 'dies before' | 'dies after' | 'frozen after';

/** One archive job of two datasets, told in full, with a fault at one of the calls of SciCat. */
async function told(
  story: BridgeStory,
  at: number,
  fault: Fault,
): Promise<{ calls: number; done: string[] }> {
  await story.anew();
  const { scicat } = story;
  for (const pid of ['a', 'b']) scicat.records.addDataset(pid, files);
  scicat.records.addJob('j', ['a', 'b']);
  const done: string[] = [];
  let [calls, die, thaw] = [0, (): void => undefined, (): void => undefined];
  const dies = new Promise<void>((resolve) => (die = resolve));
  const frozen = new Promise<void>((resolve) => (thaw = resolve));
  let current = 0;
  scicat.before = async () => {
    calls += 1;
    current = calls;
    if (calls !== at) return;
    if (fault === 'away before') throw away();
    if (fault !== 'dies before') return;
    die();
    await new Promise(() => undefined);
  };
  scicat.after = async (method, given) => {
    if (/^(write|create|delete)/.test(method)) done.push(`${method} ${JSON.stringify(given)}`);
    if (current !== at) return;
    current = 0;
    if (fault === 'away after') throw away();
    if (fault === 'away before') return;
    die();
    await (fault === 'frozen after' ? frozen : new Promise(() => undefined));
  };
  let hasDied = false;
  const settle = async (): Promise<void> => {
    if (hasDied) return void (await story.go());
    hasDied = await story.go(40_000, dies);
    if (!hasDied) return;
    story.clock.advance(lease + 1000);
    await story.go();
  };
  const twice = async (report: Promise<Parameters<BridgeStory['reportAgain']>[0]>): Promise<void> => {
    const envelope = await report;
    await settle();
    await story.reportAgain(envelope);
    await settle();
  };
  await story.jobs.see('j', 'feed');
  await settle();
  await twice(story.report(jobStartedV1, { jobId: 'j', datasets: 2, bytes: 14 }));
  for (const pid of ['a', 'b'])
    await twice(story.report(datasetStartedV1, { jobId: 'j', pid, workflow: 'archive' }));
  await twice(story.reportArchived('j', 'a', files, 2));
  await twice(story.reportArchived('j', 'b', files));
  const ended = { outcome: 'succeeded', datablocks: [] } as const;
  await twice(
    story.reportEnd('j', [
      { pid: 'a', ...ended },
      { pid: 'b', ...ended },
    ]),
  );
  thaw();
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return { calls, done };
}

async function judged(story: BridgeStory, done: readonly string[], where: string): Promise<void> {
  const statuses = done
    .filter((call) => call.startsWith('writeJob'))
    .map((call) => /"statusCode":"(\w+)"/.exec(call)?.[1]);
  assert.deepEqual(statuses, ['inProgress', 'finishedSuccessful'], where);
  const created = done.filter((call) => call.startsWith('createDatablock'));
  assert.equal(created.length, 3, where);
  const archiveIds = [...story.scicat.records.datablocks.values()].map(({ archiveId }) => archiveId);
  assert.deepEqual(archiveIds.sort(), ['a/j/0.tar', 'a/j/1.tar', 'b/j/0.tar'], where);
  for (const pid of ['a', 'b']) {
    const words = done
      .filter((call) => call.startsWith(`writeLifecycle ["${pid}"`))
      .map((call) => /"archiveStatusMessage":"(\w+)"/.exec(call)?.[1]);
    assert.deepEqual(words, ['scheduledForArchiving', 'started', 'datasetOnArchiveDisk'], where);
    const { datasetlifecycle } = story.scicat.records.datasets.get(pid)!;
    const { archivable, retrievable } = datasetlifecycle;
    assert.deepEqual({ archivable, retrievable }, { archivable: false, retrievable: true }, where);
  }
  const registered = ['catalog.dataset-registered.v1 a', 'catalog.dataset-registered.v1 b'];
  assert.deepEqual(await story.said('j'), [...registered, 'catalog.job-submitted.v1'], where);
  const job = await story.job('j');
  assert.deepEqual([job?.state, job?.outcome, job?.leftAloneCount], ['over', 'succeeded', undefined], where);
}

describe('An archive job that SciCat is told of', () => {
  let story: BridgeStory;

  before(async () => {
    story = await BridgeStory.begin(process.env['MONGODB_URI']);
  });
  after(() => story.end());

  for (const fault of ['away before', 'away after', 'dies before', 'dies after', 'frozen after'] as const)
    it(`comes to the same end, with each thing written once, whichever call is ${fault} its answer`, async () => {
      const { calls } = await told(story, 0, fault);
      assert.ok(calls > 30, `${calls} calls`);
      for (let at = 1; at <= calls; at += 1) {
        const { done } = await told(story, at, fault);
        await judged(story, done, `${fault}, call ${at} of ${calls}: ${done.join('\n')}`);
      }
    });
});
