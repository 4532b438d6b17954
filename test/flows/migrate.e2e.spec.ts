import assert from 'node:assert/strict';
import { mkdir, mkdtemp, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pidAsName } from '#kernel';
import { datasetInSourceFolder, sampleFiles, sha256, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const targets = ['disk', 'vault', 'attic'] as const;
type TargetName = (typeof targets)[number];

/** Copies on three shares: one rots and is mended, one moves, and then its first share is gone. */
describe('Copies of a dataset', () => {
  let place: string;
  let installation: Installation;
  let demo: ScicatClient;
  let manager: ScicatClient;
  let set: TestDataset;
  const seen = verdict();

  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'catena-flow-migrate-'));
    for (const name of targets) await mkdir(join(place, name));
    const file = join(place, 'routes.yaml');
    const share = (name: TargetName): string =>
      `  - { name: ${name}, kind: share, options: { place: ${place}/${name} } }`;
    await writeFile(
      file,
      `targets:\n${targets.map(share).join('\n')}\nroutes:\n  - { name: all, targets: [disk, vault], copies: 2 }\n`,
    );
    installation = await Installation.create({
      environment: { ROUTES_FILE: file, LTS_ROOTS: '', REFERENCE_PATIENCE: '1s' },
    });
    await installation.start();
    [demo, manager] = await Promise.all([installation.client('demo'), installation.client('archiveManager')]);
    set = await datasetInSourceFolder(installation, demo, sampleFiles(100_000), 'demo-group');
    await ended(demo, await posted(demo, 'archive'));
  });
  after(async () => {
    await installation.stop(seen.failed);
    await rm(place, { recursive: true, force: true });
  });

  async function posted(client: ScicatClient, type: string, jobParams: object = {}): Promise<string> {
    const body = { type, jobParams, datasetList: [{ pid: set.pid, files: [] }] };
    const answer = await client.call('POST', '/api/v3/Jobs', body);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return String(answer.body['id']);
  }
  async function ended(client: ScicatClient, id: string, status = 'finishedSuccessful') {
    const job = await client.jobEnd(id, 120_000);
    assert.equal(job.statusCode, status, job.statusMessage);
    return job;
  }
  /** Tars of the dataset on a target, and what is left of those that were set aside. */
  async function filesOn(name: TargetName): Promise<string[]> {
    const folder = join(place, name, pidAsName(set.pid));
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }
  const tarsOn = async (name: TargetName): Promise<string[]> =>
    (await filesOn(name)).filter((file) => file.endsWith('.tar'));

  async function rot(name: TargetName): Promise<void> {
    const [tar] = await tarsOn(name);
    const handle = await open(tar!, 'r+');
    await handle.write(Buffer.from('rot'), 0, 3, 2000);
    await handle.close();
  }

  /** The archiver dies once on the way, and is started again. */
  async function endedThoughDyingAt(point: string, type: string, jobParams: object = {}): Promise<void> {
    const { archiver } = installation.apps;
    await installation.arm('archiver', point);
    const revived = archiver.whenEnded().then(async () => {
      assert.equal(archiver.exit?.signal, 'SIGKILL', point);
      await installation.disarm('archiver');
      archiver.start();
      await archiver.whenReady();
    });
    await ended(manager, await posted(manager, type, jobParams));
    await revived;
  }

  async function isRetrieved(): Promise<void> {
    const { jobResultObject } = await ended(demo, await posted(demo, 'retrieve'));
    const [result] = jobResultObject.result ?? [];
    const bytes = Buffer.from(await (await fetch(result!.url)).arrayBuffer());
    assert.equal(sha256(bytes), (result as unknown as { sha256: string }).sha256);
  }

  it('that rot are found by a verification, which says that a repair can help, and are mended', async () => {
    const lifecycle = (await demo.dataset(set.pid)).datasetlifecycle;
    await rot('vault');
    const { jobResultObject } = await ended(demo, await posted(demo, 'verify'), 'finishedUnsuccessful');
    const [bad] = jobResultObject.bad ?? [];
    assert.equal(bad?.code, 'archiver.copy-damaged');
    assert.match(bad?.message ?? '', /A repair can help: post a job of type repair .* from the copy on disk/);
    const { statusMessage } = await ended(manager, await posted(manager, 'repair'));
    assert.match(statusMessage, /every copy was read and is good/);
    assert.deepEqual([(await tarsOn('vault')).length, (await filesOn('vault')).length], [1, 2]);
    await ended(demo, await posted(demo, 'verify'));
    assert.deepEqual((await demo.dataset(set.pid)).datasetlifecycle, lifecycle);
  });

  for (const [point, type, jobParams, lies] of [
    ['archiver.mend-way-made', 'repair', {}, [1, 1, 0]],
    ['archiver.mend-written', 'repair', {}, [1, 1, 0]],
    ['archiver.move-recorded', 'migrate', { from: 'vault', to: 'attic' }, [1, 0, 1]],
    ['archiver.move-left', 'migrate', { from: 'attic', to: 'vault' }, [1, 1, 0]],
  ] as const)
    it(`are tended all the same when the archiver dies at ${point}`, async () => {
      if (type === 'repair') await rot('vault');
      await endedThoughDyingAt(point, type, jobParams);
      assert.deepEqual(await Promise.all(targets.map(async (name) => (await tarsOn(name)).length)), lies);
      await ended(demo, await posted(demo, 'verify'));
    });

  it('move to another target, and are read from there when the first one is gone', async () => {
    await ended(manager, await posted(manager, 'migrate', { from: 'disk', to: 'attic' }));
    assert.deepEqual(await Promise.all(targets.map(async (name) => (await tarsOn(name)).length)), [0, 1, 1]);
    assert.equal((await filesOn('disk')).length, 1, 'set aside for a while');
    await ended(demo, await posted(demo, 'verify'));
    await rename(join(place, 'disk'), join(place, 'gone'));
    await rename(join(place, 'vault'), join(place, 'away'));
    await isRetrieved();
    await rename(join(place, 'away'), join(place, 'vault'));
    assert.equal((await demo.dataset(set.pid)).datasetlifecycle['retrievable'], true);
  });

  it('are moved and mended for archive managers and administrators only, between targets that there are', async () => {
    for (const [type, jobParams] of [
      ['repair', {}],
      ['migrate', { from: 'vault', to: 'disk' }],
    ] as const) {
      const body = { type, jobParams, datasetList: [{ pid: set.pid, files: [] }] };
      const { status } = await demo.call('POST', '/api/v3/Jobs', body);
      assert.ok(status === 403 || status === 400, `${type} by an owner: ${status}`);
    }
    const id = await posted(manager, 'migrate', { from: 'vault', to: 'cellar' });
    const { jobResultObject } = await ended(manager, id, 'finishedUnsuccessful');
    const [bad] = jobResultObject.bad ?? [];
    assert.deepEqual([bad?.code, bad?.fault], ['routes.target-unknown', 'user']);
  });
});
