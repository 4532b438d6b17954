import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { ClaimChecks } from '#claim-check';
import { ManualClock } from '#kernel';
import type { CatalogClient, ListedDatablock } from '../catalog/catalog-client.js';
import { archiverCommand } from '../release-work/archiver-commands.js';
import { configOf } from '../testing/assembler-config.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { jobOf } from '../testing/samples.js';
import { KeptLists, settlingOn } from '../testing/settling.js';
import { DatablocksToRead } from './datablocks-to-read.js';
import { DatasetDrafts } from './dataset-drafts.js';
import { DatasetPlanner } from './dataset-planner.js';
import { ReleasesBeforeReset } from './releases-before-reset.js';
import { DatasetRoutes } from './dataset-routes.js';
import type { DatasetSources } from './dataset-sources.js';

describe('The plan of a retrieval that names files', () => {
  const clock = new ManualClock();
  let assembler: Assembler;
  let lists: KeptLists;
  let datablocks: Omit<ListedDatablock, '_id' | 'size'>[];
  beforeEach(async () => {
    assembler = memoryAssembler(clock);
    lists = new KeptLists();
    datablocks = [listed(0, 'a', 'run/b', 'run/c'), listed(1, 'run/d', 'other/e'), listed(2, 'f')];
    await assembler.store.jobs.insertOne(jobOf('j'));
  });

  async function plan(names: string[]): Promise<void> {
    const catalog = {
      dataset: (pid: string) => Promise.resolve({ pid, sourceFolder: '/data/x' }),
      listedDatablocks: async function* () {
        yield* datablocks;
      },
    } as unknown as CatalogClient;
    const { tasks, orders, places } = assembler;
    const objects = lists as unknown as ClaimChecks;
    const drafts = new DatasetDrafts(
      ...([orders, catalog, objects, {} as DatasetSources] as const),
      new DatasetRoutes(catalog, places, configOf()),
      new DatablocksToRead(catalog, objects),
      clock,
    );
    const before = new ReleasesBeforeReset(assembler.releases, clock);
    const { settling, ending } = settlingOn(assembler, clock, lists);
    const planner = new DatasetPlanner(tasks, orders, drafts, before, settling, ending, clock);
    const entry = { pid: 'a/b', files: names };
    await planner.plan(jobOf('j', { workflow: 'retrieve' }), 'j/0', entry, () => Promise.resolve());
  }
  const task = async () => (await assembler.tasks.find('j/0'))!;
  const orders = () => assembler.store.orders.find({ jobId: 'j' }).sort({ _id: 1 }).toArray();
  const listed = (index: number, ...paths: string[]) => ({
    archiveId: `x/k/0000${index}.tar`,
    packedSize: 10_240 * (index + 1),
    dataFileList: paths.map((path) => ({ path, size: path.length })),
  });
  const wanted = async (...names: string[]) => {
    await plan(names);
    return (await orders()).map(({ archiveId, bytes, selection }) => [
      Number(archiveId.slice(-5, -4)),
      bytes,
      ...(selection === undefined
        ? []
        : [selection.files, selection.bytes, lists.lists.get(selection.list.key)]),
    ]);
  };
  const paths = (...names: string[]) => names.map((path) => ({ path }));

  it('reads the datablock that holds a file, and says of it which file; others are left alone', async () => {
    assert.deepEqual(await wanted('run/c'), [[0, 5, 1, 5, paths('run/c')]]);
    assert.equal((await task()).bytes, 5, 'the work is what will be read');
    assert.deepEqual(
      [...lists.lists.keys()].filter((key) => key.startsWith('plans/')),
      ['plans/j/0/1/0.selection.ndjson'],
    );
  });

  it('reads one file of each of two datablocks', async () => {
    assert.deepEqual(await wanted('a', 'other/e'), [
      [0, 1, 1, 1, paths('a')],
      [1, 7, 1, 7, paths('other/e')],
    ]);
  });

  for (const folder of ['run', 'run/', '/data/x/run'])
    it(`reads what lies below a folder, wherever it is: ${folder}`, async () => {
      assert.deepEqual(await wanted(folder), [
        [0, 10, 2, 10, paths('run/b', 'run/c')],
        [1, 5, 1, 5, paths('run/d')],
      ]);
    });

  it('reads a file that is named twice once', async () => {
    assert.deepEqual(await wanted('run/c', '/data/x/run/c', 'run/c'), [[0, 5, 1, 5, paths('run/c')]]);
  });

  it('reads a datablock whole of which everything is wanted, as anybody else does', async () => {
    assert.deepEqual(await wanted('f', 'run', 'a'), [
      [0, 10_240],
      [1, 5, 1, 5, paths('run/d')],
      [2, 30_720],
    ]);
  });

  it('takes the directories in lists of earlier systems for no files', async () => {
    const directory = (path: string) => ({ path, size: 4096, perm: 'drwxr-xr-x' });
    const [first, second] = [listed(0, 'run/b', 'a'), listed(1, 'run/c')];
    datablocks = [
      { ...first, dataFileList: [directory('run'), ...first.dataFileList] },
      { ...second, dataFileList: [...second.dataFileList, directory('other')] },
      { ...listed(2), dataFileList: [directory('empty')] },
    ];
    assert.deepEqual(await wanted('run'), [
      [0, 5, 1, 5, paths('run/b')],
      [1, 20_480],
    ]);
    await assembler.store.orders.deleteMany({});
    await assembler.store.tasks.deleteMany({});
    assert.deepEqual(await wanted('empty'), []);
    assert.equal((await task()).fault?.code, 'assembly.files-not-archived');
  });

  it('makes the same list of the same files, in whatever order they are named or listed', async () => {
    const [[, , , , first] = []] = await wanted('run/c', 'a');
    await assembler.store.orders.deleteMany({});
    await assembler.store.tasks.deleteMany({});
    datablocks = [listed(0, 'run/c', 'run/b', 'a')];
    assert.deepEqual([first, (await wanted('a', 'run/c'))[0]?.[4]], [paths('a', 'run/c'), first]);
  });

  it('fails, before anything is recalled, for files that are in no datablock, and names the first ten', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `nope ${index}`);
    assert.deepEqual(await wanted('a', ...names), []);
    const { state, fault } = await task();
    assert.deepEqual([state, fault?.code, fault?.fault], ['failed', 'assembly.files-not-archived', 'user']);
    assert.match(
      fault?.message ?? '',
      /found 12 in none: "nope 0", .*"nope 9" and 2 more\. Nothing was recalled/,
    );
  });

  it('fails where a datablock of an earlier system does not say what is in it', async () => {
    for (const unlisted of [
      { archiveId: 'old.tar', packedSize: 1 },
      { ...listed(3), archiveId: 'old.tar' },
    ]) {
      datablocks = [datablocks[0]!, unlisted];
      await assembler.store.tasks.deleteMany({});
      assert.deepEqual(await wanted('a'), []);
      const { fault } = await task();
      assert.deepEqual([fault?.code, fault?.fault], ['assembly.files-unlisted', 'user']);
      assert.match(fault?.message ?? '', /old\.tar.*Retrieve the whole dataset/);
    }
  });

  it('commands the archiver to bring those files', async () => {
    await wanted('run/c');
    const [order] = await orders();
    const row = archiverCommand(order!, 1, clock.now());
    const { selection } = row?.envelope?.data as { selection?: { files: number } };
    assert.equal(selection?.files, 1);
    assert.deepEqual(selection, order?.selection);
  });
});
