import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { day, ScrubbedArchive } from '../testing/scrubbed-archive.js';

describe('What operators see of the reading of old copies', () => {
  const rule = { within: 100 * day, bytesPerDay: 1000, hoursPerDay: 1 };
  const archived = async (rules: ScrubbedArchive['rules']): Promise<ScrubbedArchive> => {
    const archive = new ScrubbedArchive(rules);
    await archive.archived('a', Buffer.alloc(300, 'a'), { disk: 120 * day, tape: day });
    await archive.archived('b', Buffer.alloc(900, 'b'), { disk: 110 * day, tape: day });
    await archive.archived('c', Buffer.alloc(4800, 'c'), { disk: 20 * day, tape: day });
    return archive;
  };

  it('is how much was read within the promise, what is spent, and what it waits for', async () => {
    const archive = await archived({ disk: rule, tape: 'off' });
    const archiver = archive.archiver();
    assert.equal((await archiver.view.states())[0]?.waits?.code, 'scrub.not-begun');
    await archive.serve(archiver, 'disk');
    const [disk, tape] = await archiver.view.states();
    assert.deepEqual(tape, { target: 'tape', waits: tape?.waits });
    assert.equal(tape?.waits?.code, 'scrub.off');
    assert.deepEqual(disk?.promise, { days: 100, bytesPerDay: 1000, hoursPerDay: 1 });
    assert.deepEqual(
      [disk?.counted?.share, disk?.counted?.coverage],
      [0.8, '80 % of bytes read within 100 days'],
    );
    assert.deepEqual([disk?.counted?.copies, disk?.counted?.bytes, disk?.counted?.damaged], [3, 6000, 0]);
    assert.deepEqual(disk?.counted?.oldest, new Date('2025-09-03T06:00:00Z'));
    assert.deepEqual(disk?.spent, { day: '2026-01-01', bytes: 300, milliseconds: 300 });
    assert.equal(disk?.waits?.code, 'scrub.bytes-spent');
    assert.equal(disk?.forecast?.keepsPromise, false);
  });

  it('is what is read at this moment, as long as its reader lives', async () => {
    const archive = await archived({ disk: rule });
    const archiver = archive.archiver();
    let seen: unknown;
    archive.share('disk').watcher = async () => {
      seen ??= (await archiver.view.states())[0]?.reading;
    };
    await archiver.target.step('disk', archive.stop.signal);
    assert.deepEqual(seen, { archiveId: 'a', bytes: 300, done: 0, since: new Date('2026-01-01T06:00:00Z') });
    assert.equal((await archiver.view.states())[0]?.reading, undefined);
    const wanted = { target: 'disk', archiveId: 'b', bytes: 1, budget: rule };
    await archiver.turns.take(wanted, archive.clock.now(), new Date(archive.clock.now().getTime() + 10));
    assert.equal((await archiver.view.states())[0]?.reading?.archiveId, 'b');
    archive.clock.advance(11);
    assert.equal((await archiver.view.states())[0]?.reading, undefined);
  });

  it('is a part of health, which says that the promise is broken until it is kept', async () => {
    const archive = await archived({ disk: rule, tape: rule });
    const archiver = archive.archiver();
    const part = (): Promise<object> => archiver.parts.get('scrubbing')!();
    assert.deepEqual(await part(), { status: 'up' });
    for (let count = 0; count < 2; count += 1) {
      for (const share of ['disk', 'tape']) await archive.serve(archiver, share);
      if (count === 0)
        assert.deepEqual(await part(), {
          ...{ status: 'behind', disk: '80 % of bytes read within 100 days', 'disk-share': 0.8 },
          ...{ tape: '100 % of bytes read within 100 days', 'tape-share': 1 },
        });
      archive.clock.advance(day);
    }
    await archive.serve(archiver, 'disk');
    assert.equal(((await part()) as { status: string }).status, 'up');
  });

  it('never says all of what is nearly all', async () => {
    const archive = new ScrubbedArchive({ disk: rule });
    await archive.archived('a', Buffer.alloc(1, 'a'), { disk: 120 * day });
    await archive.archived('b', Buffer.alloc(9999, 'b'), { disk: day });
    const archiver = archive.archiver();
    await archiver.target.step('disk', archive.stop.signal);
    assert.equal((await archiver.view.states())[0]?.counted?.coverage, '99 % of bytes read within 100 days');
  });

  it('costs no count of copies: it is what an archiver counted at most an hour ago', async () => {
    const archive = await archived({ disk: rule });
    const archiver = archive.archiver();
    await archiver.target.step('disk', archive.stop.signal);
    archiver.ages.figures = () => Promise.reject(new Error('copies are counted'));
    const at = (await archiver.view.states())[0]?.counted?.at;
    await archiver.target.step('disk', archive.stop.signal);
    assert.deepEqual((await archiver.view.states())[0]?.counted?.at, at);
    archive.clock.advance(3_600_001);
    await assert.rejects(archiver.target.step('disk', archive.stop.signal), /copies are counted/);
  });
});
