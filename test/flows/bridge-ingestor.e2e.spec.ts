import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BesideScicat } from '../support/beside/beside-scicat.js';
import { BesideStory, patience } from '../support/beside/beside-story.js';
import type { TestFile } from '../support/datasets.js';
import { smallFiles } from '../support/ingestor/ingested-files.js';
import { ingested, IngestorStage, mebibyte } from '../support/ingestor/ingestor-stage.js';
import { verdict } from '../support/verdict.js';

describe('An Ingestor beside a SciCat that stays', () => {
  const seen = verdict();
  let beside: BesideScicat;
  let story: BesideStory;
  let stage: IngestorStage;

  before(async () => {
    beside = await BesideScicat.create();
    await beside.start();
    story = await BesideStory.of(beside);
    stage = new IngestorStage(beside.scicat, story.client, beside.bridgeUrl);
  });
  after(() => beside.stop(seen.failed));

  const filesOfASession = (): TestFile[] => [
    { path: 'movie.mrc', content: randomBytes(20 * mebibyte) },
    ...smallFiles(12),
  ];

  /** By one job, which is that of the person who uploaded. */
  const isArchived = async (pid: string, files: readonly TestFile[]): Promise<string> => {
    const id = await stage.archiveJob(pid);
    await story.ends(id, 'finishedSuccessful');
    await story.ledger.datasetIsArchived({ pid, files });
    const { status, body } = await story.manager.call('GET', `/api/v4/jobs/${id}`);
    assert.equal(status, 200);
    assert.deepEqual(
      [body['ownerUser'], body['ownerGroup'], body['createdBy'], body['contactEmail']],
      ['demo', 'demo-group', 'catenaBridge', 'ada@example.org'],
    );
    return id;
  };

  /** Of the first upload, which is disturbed. */
  const disturbed = async (
    files: readonly TestFile[],
    disturb: (path: string) => Promise<void>,
  ): Promise<{ readonly pid: string; readonly trouble: Error | undefined }> => {
    let pid = '';
    const ingestor = await stage.ingestor({
      concurrentFiles: 1,
      onStep: async (step) => {
        if (step.kind === 'registered') ({ pid } = step);
        if (step.kind === 'stored') await disturb(step.path);
      },
    });
    const trouble = await ingestor.ingest(ingested(files)).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    return { pid, trouble };
  };

  it('uploads a session with folders, and its one job is done at once, as the person who uploaded', async () => {
    const files = filesOfASession();
    const ingestor = await stage.ingestor();
    const pid = await ingestor.ingest(ingested(files));
    const id = await isArchived(pid, files);
    assert.ok((await story.isOver(id)).seenBy.includes('upload'));
    const again = await (await stage.ingestor()).upload(pid, ingested(files)).catch((error: Error) => error);
    assert.match(String(again), /is archived/);
  });

  it('fails at its end while SciCat is away, and ends well when SciCat is back', async () => {
    const files = filesOfASession();
    const scicat = beside.scicat.apps['catalog-api'];
    const last = files.at(-1)!.path;
    const { pid, trouble } = await disturbed(files, (path) =>
      path === last ? scicat.stop() : Promise.resolve(),
    );
    assert.ok(trouble !== undefined, 'an end without SciCat is no success');
    scicat.start();
    await scicat.whenReady();
    // The bridge looks at it by itself, though its client has given up.
    for (const until = Date.now() + patience; (await stage.archiveJobs(pid)).length === 0;) {
      assert.ok(Date.now() < until, `expected an archive job of ${pid} within ${patience} ms`);
      await sleep(200);
    }
    await isArchived(pid, files);
  });

  for (const point of ['ingestor.after-archivable', 'ingestor.after-job'])
    it(`ends well when the bridge dies at ${point}, with one job`, async () => {
      const bridge = beside.apps['scicat-bridge'];
      const files = filesOfASession();
      const last = files.at(-1)!.path;
      const reborn = bridge.whenEnded().then(async () => {
        await beside.disarm('scicat-bridge');
        bridge.start();
        await bridge.whenReady();
      });
      const { pid } = await disturbed(files, (path) =>
        path === last ? beside.arm('scicat-bridge', point) : Promise.resolve(),
      );
      await reborn;
      await stage.untilItIsDone(pid, files);
      await isArchived(pid, files);
    });
});
