import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { PermanentError } from '#kernel';
import { archiveIdOf, ReconciledArchive } from '../testing/reconciled-archive.js';
import { CopiesThere } from './copies-there.js';

describe('A copy that a record lists', () => {
  let archive: ReconciledArchive;
  let check: CopiesThere;
  let _id: string;
  beforeEach(async () => {
    archive = await ReconciledArchive.create();
    const { records, datablocks, copies, share } = archive;
    check = new CopiesThere(records, datablocks, copies, [share]);
    _id = await archive.file(archiveIdOf());
    await archive.datablocks.record(archive.datablockOf(_id));
    archive.clock.advance(1000);
  });
  const run = (apply = false) => archive.reconciling.run(check, archive.clock.now(), apply);
  const damage = async () => (await archive.datablocks.verified(_id))?.copies[0]?.damaged?.found;

  it('is nothing to be found while it is there', async () =>
    assert.deepEqual((await run(true)).outcomes, []));

  for (const [kind, drift, said] of [
    ['copy-missing', () => archive.share.remove(_id), /it is missing/],
    ['copy-size', () => Promise.resolve(archive.share.truncate(_id, 3)), /it has 3 bytes/],
  ] as const)
    it(`is marked damaged as ${kind}, so that it is mended, and found no more`, async () => {
      await drift();
      assert.deepEqual((await run()).outcomes, [`${kind} found`]);
      assert.equal(await damage(), undefined, 'a report changes nothing');
      assert.deepEqual((await run(true)).outcomes, [`${kind} repaired`]);
      assert.match((await damage()) ?? '', said);
      assert.deepEqual((await run()).outcomes, []);
    });

  it('is waited for while it is young: a share may not show it everywhere yet', async () => {
    await archive.share.remove(_id);
    await archive.datablocks.copyVerified(
      _id,
      { share: archive.share.name, verifiedAt: archive.clock.now() },
      archive.clock.now(),
    );
    assert.deepEqual((await run(true)).outcomes, []);
  });

  it('is not looked for on a target that is away, and that is said', async () => {
    archive.share.gone = true;
    const found = await run(true);
    assert.deepEqual([found.outcomes, found.skipped.length], [[], 1]);
    assert.equal(await damage(), undefined);
  });

  it('is judged when another one of its target cannot be looked at, which is named', async () => {
    const other = await archive.file(archiveIdOf('20.500/a'));
    await archive.datablocks.record(archive.datablockOf(other));
    archive.clock.advance(1000);
    const { share } = archive;
    await share.remove(_id);
    const stat = share.stat.bind(share);
    share.stat = (name) =>
      name === other
        ? Promise.reject(new PermanentError('long-term-storage.access-denied', 'no right'))
        : stat(name);
    const found = await run(true);
    assert.deepEqual(
      [found.outcomes, found.skipped],
      [['copy-missing repaired'], [`${other} on ${share.name}: no right`]],
    );
  });

  it('is nothing to this archiver on a target that it does not have', async () => {
    const { records, datablocks, copies } = archive;
    check = new CopiesThere(records, datablocks, copies, []);
    assert.deepEqual((await run(true)).outcomes, []);
  });

  for (const [what, meanwhile] of [
    [
      'verified anew',
      () =>
        archive.datablocks.copyVerified(
          ...([_id, { share: archive.share.name, verifiedAt: new Date(0) }, archive.clock.now()] as const),
        ),
    ],
    [
      'discarded',
      () => archive.datablocks.discard({ _id, jobId: 'j', pid: '20.500/x' }, archive.clock.now()),
    ],
    ['brought back by its file', () => archive.file(_id)],
  ] as const)
    it(`keeps its record when it is ${what} between the look and the act`, async () => {
      await archive.share.remove(_id);
      let looks = 0;
      const { records, datablocks, copies, share } = archive;
      const stat = share.stat.bind(share);
      share.stat = async (name) => {
        // The two looks of the finding, and the one of the repair, during which another writer comes.
        if ((looks += 1) !== 3) return stat(name);
        const found = await stat(name);
        await meanwhile();
        return what.startsWith('brought') ? stat(name) : found;
      };
      check = new CopiesThere(records, datablocks, copies, [share]);
      assert.deepEqual((await run(true)).outcomes, ['copy-missing changed']);
      const copy = (await archive.datablocks.found(_id))?.copies?.[0];
      if (what !== 'discarded') assert.equal(copy?.damaged, undefined);
    });
});
