import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { RetrievedCopies } from '../persistence/retrieved-copies.js';
import { archiveIdOf, minAge, ReconciledArchive } from '../testing/reconciled-archive.js';
import { ControlObjects } from './control-objects.js';
import { RetrievalObjects } from './retrieval-objects.js';

const day = 86_400_000;
const body = Buffer.from('left behind');
let archive: ReconciledArchive;
const put = (bucket: string, key: string) => archive.objects.put(bucket, key, body, { size: body.length });
const isThere = async (bucket: string, key: string) =>
  (await archive.objects.head(bucket, key)) !== undefined;

describe('The retrieval bucket', () => {
  let check: RetrievalObjects;
  let copies: RetrievedCopies;
  beforeEach(async () => {
    archive = await ReconciledArchive.create();
    const { records, objects, clock, config } = archive;
    check = new RetrievalObjects(records, objects, clock, config);
    copies = new RetrievedCopies(archive.store);
  });
  const run = (apply = false) => archive.reconciling.run(check, archive.clock.now(), apply);
  const later = (milliseconds: number) => new Date(archive.clock.now().getTime() + milliseconds);
  async function retrieved(name: string, epoch = 1): Promise<void> {
    const recall = { name, archiveId: name, bytes: 1, order: 'o', job: 'j', group: '', epoch };
    await copies.take(recall, archive.clock.now(), later(10));
    await copies.arrived(recall, { bytes: 1, sha256: 's' }, archive.clock.now(), later(10 * day));
  }

  it('loses an object without a record once it is old enough, and no other one', async () => {
    const [stray, kept] = [archiveIdOf(), archiveIdOf()];
    for (const key of [stray, kept, 'outside-uploads/1']) await put('retrieval', key);
    await retrieved(kept);
    assert.deepEqual((await run(true)).outcomes, [], 'too young');
    archive.clock.advance(day);
    assert.deepEqual((await run()).subjects, [stray]);
    assert.deepEqual((await run(true)).outcomes, ['retrieved-without-record repaired']);
    assert.deepEqual([await isThere('retrieval', stray), await isThere('retrieval', kept)], [false, true]);
    assert.deepEqual((await run()).outcomes, []);
    assert.equal(
      await copies.take(
        { name: stray, archiveId: stray, bytes: 1, order: 'o', job: 'j', group: '', epoch: 1 },
        archive.clock.now(),
        later(1),
      ),
      true,
    );
  });

  it('keeps an object of which a recall begins between the look and the act', async () => {
    const stray = archiveIdOf();
    await put('retrieval', stray);
    archive.clock.advance(day);
    const { records, objects, clock, config } = archive;
    const hold = records.holdStray.bind(records);
    records.holdStray = async (name, until) => {
      await retrieved(stray);
      return hold(name, until);
    };
    check = new RetrievalObjects(records, objects, clock, config);
    assert.deepEqual((await run(true)).outcomes, ['retrieved-without-record changed']);
    assert.equal(await isThere('retrieval', stray), true);
  });

  it('lets go of a record without an object, unless it was recalled anew meanwhile', async () => {
    const [lost, anew] = [archiveIdOf(), archiveIdOf()];
    for (const name of [lost, anew]) await retrieved(name);
    archive.clock.advance(archive.config.referencePatience + 20);
    assert.deepEqual((await run()).outcomes, Array(2).fill('retrieved-without-object found'));
    const { records, objects, clock, config } = archive;
    const forget = records.forgetAsSeen.bind(records);
    records.forgetAsSeen = async (seen) => {
      if (seen._id === anew) await archive.store.retrieved.updateOne({ _id: anew }, { $set: { epoch: 2 } });
      return forget(seen);
    };
    check = new RetrievalObjects(records, objects, clock, config);
    assert.deepEqual([...(await run(true)).outcomes].sort(), [
      'retrieved-without-object changed',
      'retrieved-without-object repaired',
    ]);
    assert.equal(await archive.store.retrieved.countDocuments({ _id: anew }), 1);
    assert.equal(await archive.store.retrieved.countDocuments({ _id: lost }), 0);
  });
});

describe('Lists in the control bucket', () => {
  let check: ControlObjects;
  beforeEach(async () => {
    archive = await ReconciledArchive.create();
    const { records, catalogue, objects, clock, config } = archive;
    check = new ControlObjects(records, catalogue, objects, clock, config);
  });
  const run = (apply = false) => archive.reconciling.run(check, archive.clock.now(), apply);

  it('go when neither a record nor work names their datablock, and stay otherwise', async () => {
    const [gone, recorded, ordered, listed] = [0, 1, 2, 3].map(() => archiveIdOf()) as [
      string,
      string,
      string,
      string,
    ];
    archive.listed.add(listed);
    for (const archiveId of [gone, recorded, ordered, listed]) {
      await put('control', `manifests/${archiveId}.json`);
      await put('control', `originals/${archiveId}.ndjson`);
    }
    await archive.datablocks.record(archive.datablockOf(recorded));
    await archive.order(ordered);
    assert.deepEqual((await run(true)).outcomes, [], 'too young');
    archive.clock.advance(day);
    assert.deepEqual((await run(true)).outcomes, [], 'seen for the first time');
    archive.clock.advance(minAge);
    assert.deepEqual((await run(true)).subjects, [`manifests/${gone}.json`, `originals/${gone}.ndjson`]);
    assert.deepEqual((await run()).outcomes, []);
    assert.equal(await isThere('control', `manifests/${gone}.json`), false);
    assert.equal(await isThere('control', `manifests/${recorded}.json`), true);
    assert.equal(await archive.datablocks.found(gone), undefined, 'no mark is left');
  });

  for (const [what, meanwhile] of [
    ['a record of the datablock', (name: string) => archive.datablocks.record(archive.datablockOf(name))],
    ['work that names it', (name: string) => archive.order(name)],
    ['a datablock of the catalogue', (name: string) => Promise.resolve(archive.listed.add(name))],
    [
      'another version of the list',
      (name: string) =>
        archive.objects.put('control', `manifests/${name}.json`, Buffer.from('new'), { size: 3 }),
    ],
  ] as const)
    it(`stay when ${what} comes between the look and the act`, async () => {
      const name = archiveIdOf();
      await put('control', `manifests/${name}.json`);
      archive.clock.advance(day);
      await run();
      archive.clock.advance(minAge);
      const { records, catalogue, objects, clock, config } = archive;
      const mark = records.markUnrecorded.bind(records);
      records.markUnrecorded = async (...parameters) => {
        await meanwhile(name);
        return mark(...parameters);
      };
      check = new ControlObjects(records, catalogue, objects, clock, config);
      assert.deepEqual((await run(true)).outcomes, ['list-without-datablock changed']);
      assert.equal(await isThere('control', `manifests/${name}.json`), true);
    });
});
