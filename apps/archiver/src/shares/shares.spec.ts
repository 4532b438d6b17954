import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock, newId } from '#kernel';
import { IdentifiedStorage } from '#long-term-storage';
import { MemoryShare } from '#long-term-storage/testing';
import { createLogger } from '#observability';
import type { AppHealth, PartHealth } from '#service-host';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import type { CatalogueWord } from '../catalog/catalogue-word.js';
import { DiscardDatablockHandler } from '../discard-datablock/discard-datablock.handler.js';
import { afterFault } from '../domain/after-fault.js';
import { TargetNames } from '../domain/target-names.js';
import type { WorkContext } from '../domain/work.js';
import { CopyRecords } from '../persistence/copy-records.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import { ShareModes } from '../persistence/share-modes.js';
import { TargetIdentities } from '../persistence/target-identities.js';
import { retrievalArea } from '../testing/retrieval-area.js';
import type { RetrieveDatablockHandler } from '../retrieve-datablock/retrieve-datablock.handler.js';
import type { DataElsewhere } from '../set-aside/data-elsewhere.js';
import { FormerCopies } from '../set-aside/former-copies.js';
import { SetAsideSweep } from '../set-aside/set-aside-sweep.js';
import { SetAside } from '../set-aside/set-aside.js';
import { retrieveHandler } from '../testing/retrieve-handler.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { CopyCheck } from '../check-copies/copy-check.js';
import { VerifyDatablockHandler } from '../verify-datablock/verify-datablock.handler.js';
import { Shares } from './shares.js';
import { NamedShare } from '../testing/memory-library.js';

const content = Buffer.from('a tar, as far as anybody here knows');
const grace = 1000;
const patience = { maxAttempts: 3, retryPause: { first: 1, most: 10 } };
const context: WorkContext = { epoch: 1, signal: new AbortController().signal, progress: () => undefined };
const logger = createLogger('shares.spec', 'silent');

/** What became of the place where the share was. @returns puts the share back */
type Trouble = (inner: MemoryShare, other: MemoryShare) => () => void;

const gone: Trouble = (inner) => ((inner.gone = true), () => (inner.gone = false));
const readOnly: Trouble = (inner) => ((inner.readOnly = true), () => (inner.readOnly = false));
const absent: Record<string, Trouble> = {
  'is not mounted': gone,
  'was swapped for an empty folder': (inner) => inner.swapFor(undefined),
  "was swapped for another target's folder": (inner, other) => inner.swapFor(other),
};

describe('A share', () => {
  const clock = new ManualClock(new Date());
  let store: ReturnType<typeof memoryArchiverStore>;
  let [inner, other] = [new NamedShare('disk'), new NamedShare('tape')];
  let share: IdentifiedStorage;
  let verify: VerifyDatablockHandler;
  let retrieve: RetrieveDatablockHandler;
  let discard: DiscardDatablockHandler;
  let asides: SetAside;
  let sweep: SetAsideSweep;
  let shares: Shares;
  let health: () => Promise<PartHealth>;
  let _id: string;

  beforeEach(async () => {
    store = memoryArchiverStore();
    [inner, other] = [new NamedShare('disk'), new NamedShare('tape')];
    const identities = new TargetIdentities(store, clock);
    const modes = new ShareModes(store, clock);
    share = new IdentifiedStorage(inner, identities, modes);
    const stranger = new IdentifiedStorage(other, identities, modes);
    await stranger.standing();
    const config = {
      ...{ referencePatience: 60_000, lease: 60_000, retrievedLifetime: 3_600_000, discardGrace: grace },
      retrievalBucket: 'retrieval',
    } as ArchiverConfig;
    _id = `pid/j/${newId()}.tar`;
    for (const one of [share, stranger]) {
      const writer = await one.create(one === share ? _id : 'pid/k/0.tar', newId());
      await writer.write(content);
      await writer.commit();
    }
    await store.datablocks.insertOne({
      ...{ _id, pid: 'pid', jobId: 'j', filesSha256: 'f', fileCount: 1, size: 1, state: 'verified' },
      ...{ packedSize: content.length, sha256: createHash('sha256').update(content).digest('hex') },
      manifest: { bucket: 'control', key: 'm', size: 1, sha256: 'x' },
      copies: [{ share: 'disk', verifiedAt: clock.now() }],
    });
    // Long ago: what is missing now counts as damaged, where it is looked for in the right place.
    clock.advance(120_000);
    const objects = new MemoryObjectStore();
    await objects.ensureBucket('retrieval');
    const datablocks = new Datablocks(store);
    const records = new CopyRecords(datablocks, clock, config, logger);
    const { lock } = retrievalArea({ store, objects, clock, config });
    const catalogue = { lists: () => Promise.resolve(false) } as unknown as CatalogueWord;
    verify = new VerifyDatablockHandler(datablocks, new CopyCheck(records, [share]), clock);
    retrieve = retrieveHandler({ datablocks, objects, lock, shares: [share], records, config, clock });
    asides = new SetAside(new FilesAside(store), datablocks, clock, [share], config);
    discard = new DiscardDatablockHandler(datablocks, catalogue, asides, clock, [share]);
    sweep = new SetAsideSweep(
      ...([
        store,
        asides,
        catalogue,
        {} as DataElsewhere,
        new FormerCopies(datablocks, [share]),
        logger,
      ] as const),
    );
    const appHealth = { add: (_: string, look: typeof health) => (health = look) } as unknown as AppHealth;
    shares = new Shares(identities, modes, appHealth, [share, stranger], logger);
    shares.onApplicationBootstrap();
  });

  const order = () => ({ workOrderId: `${newId()}/0/0`, jobId: 'j', pid: 'pid', archiveId: _id });
  const damages = async () => (await store.datablocks.findOne({ _id }))!.copies.map(({ damaged }) => damaged);
  const asideFiles = async (): Promise<number> => {
    let count = 0;
    for await (const _ of inner.listSetAside('')) count += 1;
    return count;
  };
  const waits = (error: unknown): boolean => {
    const next = afterFault(error, 0, patience);
    assert.ok(next.kind === 'again' && next.waits, (error as Error).message);
    return true;
  };

  for (const [what, trouble] of Object.entries(absent)) {
    it(`that ${what} is waited for by a verification, and no copy on it counts as missing`, async () => {
      const mend = trouble(inner, other);
      await assert.rejects(verify.handle(order(), context), waits);
      assert.deepEqual(await damages(), [undefined]);
      mend();
      await verify.handle(order(), context);
    });

    it(`that ${what} is waited for by a retrieval, and no copy on it counts as damaged`, async () => {
      const mend = trouble(inner, other);
      await assert.rejects(retrieve.handle(order(), context), waits);
      assert.deepEqual(await damages(), [undefined]);
      mend();
      await retrieve.handle(order(), context);
    });

    it(`that ${what} is waited for by a discard, which has set nothing aside until then`, async () => {
      const mend = trouble(inner, other);
      await assert.rejects(discard.handle(order()), waits);
      mend();
      assert.equal(await asideFiles(), 0);
      assert.deepEqual(await asides.list(10), []);
      await discard.handle(order());
      assert.equal(await asideFiles(), 1);
    });

    it(`that ${what} is waited for by the sweep, which keeps its record of what it has not removed`, async () => {
      await discard.handle(order());
      clock.advance(grace);
      const mend = trouble(inner, other);
      await sweep.round();
      assert.equal((await asides.list(10)).length, 1);
      mend();
      assert.equal(await asideFiles(), 1);
      clock.advance(86_400_000);
      await sweep.round();
      assert.deepEqual([(await asides.list(10)).length, await asideFiles()], [0, 0]);
    });

    it(`that ${what} cannot give back what was set aside, and the record stays`, async () => {
      await discard.handle(order());
      const [aside] = await asides.list(10);
      const mend = trouble(inner, other);
      await assert.rejects(async () => asides.bringBack(await asides.take(aside!._id)), isPassing);
      mend();
      await asides.bringBack(await asides.take(aside!._id));
      assert.deepEqual(await inner.stat(_id), { size: content.length });
    });

    it(`that ${what} is named by health and by the list of shares`, async () => {
      assert.deepEqual(await health(), { status: 'up', disk: 'known', tape: 'known' });
      const mend = trouble(inner, other);
      assert.deepEqual(await health(), { status: 'away', disk: 'away', tape: 'known' });
      const [disk] = await shares.states();
      assert.match(disk?.code ?? '', /^long-term-storage\.(unavailable|other-share)$/);
      mend();
      assert.equal((await shares.states())[0]?.state, 'known');
    });
  }

  it('that is mounted for reading only is read and verified, and what is to be written or removed waits', async () => {
    const mend = readOnly(inner, other);
    await verify.handle(order(), context);
    await retrieve.handle(order(), context);
    const same = order();
    await assert.rejects(discard.handle(same), waits);
    mend();
    await discard.handle(same);
    clock.advance(grace);
    const again = readOnly(inner, other);
    await sweep.round();
    assert.equal((await asides.list(10)).length, 1);
    again();
  });

  it('whose file was really removed is found damaged: then it is the share itself that says so', async () => {
    await inner.remove(_id);
    await assert.rejects(verify.handle(order(), context), { code: 'archiver.copy-damaged' });
    assert.equal((await damages())[0]?.found, 'it is missing');
  });

  describe('that an operator steers', () => {
    const word = { by: 'Ada', reason: 'new drives are fitted' };

    it('is only read while it drains, and not even that while it is paused: work waits with the reason', async () => {
      assert.equal(await shares.steer('disk', 'drain', word), undefined);
      assert.equal((await shares.state('disk')).mode, 'drain');
      await verify.handle(order(), context);
      for (const write of [
        () => share.create('new', 't'),
        () => share.setAside(_id, 't'),
        () => share.bringBack(_id, 't'),
        () => share.remove(_id),
        () => share.removeSetAside(_id, 't'),
        () => share.removePartials(_id),
      ])
        await assert.rejects(write(), waits);
      await shares.steer('disk', 'pause', word);
      await assert.rejects(verify.handle(order(), context), (error: Error) => {
        assert.match(error.message, /in mode pause by Ada, until an operator has it run again: new drives/);
        return waits(error);
      });
      await assert.rejects(retrieve.handle(order(), context), waits);
      assert.deepEqual(await damages(), [undefined]);
      assert.deepEqual(await health(), { status: 'up', disk: 'known', tape: 'known' });
      assert.equal((await shares.steer('disk', 'run', word))?.mode, 'pause');
      await verify.handle(order(), context);
    });

    it('lets what has begun to write end, and runs again by itself when its time is over', async () => {
      const writer = await share.create('begun', 't');
      await writer.write(content);
      const until = new Date(clock.now().getTime() + 1000);
      await shares.steer('disk', 'pause', { ...word, until });
      await writer.commit();
      await assert.rejects(share.stat('begun'), waits);
      assert.deepEqual((await shares.states())[0]?.steered?.until, until);
      clock.advance(1000);
      assert.deepEqual(await share.stat('begun'), { size: content.length });
      assert.equal((await shares.states())[0]?.mode, 'run');
      await assert.rejects(shares.steer('punched-cards', 'pause', word), { code: 'archiver.share-unknown' });
    });

    it('is paused though its file system hangs: no storage is asked, and the answer says that it was not looked at', async () => {
      let asked = 0;
      inner.freeBytes = () => ((asked += 1), new Promise<number>(() => undefined));
      await shares.steer('disk', 'pause', word);
      assert.equal(asked, 0);
      const [state, again] = await Promise.all([shares.state('disk'), shares.states()]);
      const looks = again.map(({ looked }) => looked);
      assert.deepEqual(
        [state.mode, state.looked, state.state, looks, asked],
        ['pause', false, 'away', [false, undefined], 1],
      );
      await assert.rejects(shares.adopt('disk', 'empty', word), { code: 'archiver.share-silent' });
    });

    it('has work look again after a while only, as nobody knows how long it takes', async () => {
      await shares.steer('disk', 'pause', word);
      const error: unknown = await share.stat(_id).catch((thrown: unknown) => thrown);
      assert.deepEqual(afterFault(error, 5, patience), {
        ...{ kind: 'again', pause: 30_000, attempts: 5, waits: true },
      });
    });
  });

  describe('that an operator adopts', () => {
    const by = { by: 'Ada', reason: 'the disks were replaced' };
    const seen = async (name: string): Promise<string> =>
      (await shares.states()).find((one) => one.name === name)!.identity!;
    const recorded = async () => (await store.targets.findOne({ _id: 'disk' }))?.identity;

    it('is shown with what is mounted: an identity, nothing, or files that nobody identified', async () => {
      const own = await seen('disk');
      assert.equal(own, await recorded());
      inner.swapFor(undefined);
      assert.equal(await seen('disk'), 'empty');
      await (await inner.create('some/file', 't')).commit();
      assert.equal(await seen('disk'), 'unidentified');
      inner.gone = true;
      assert.equal(await seen('disk'), undefined);
    });

    it('is nothing else than what the operator saw: what was mounted meanwhile is refused, and named', async () => {
      const before = await recorded();
      const full = new NamedShare('former');
      await new IdentifiedStorage(full, new TargetIdentities(store, clock)).standing();
      const mend = inner.swapFor(full);
      const named = await seen('disk');
      mend();
      await inner.remove('.catena-target');
      const mounts: Record<string, () => void> = {
        unidentified: () => undefined,
        empty: () => void inner.swapFor(undefined),
      };
      for (const [what, mount] of Object.entries(mounts)) {
        mount();
        for (const identity of [named, 'empty', 'unidentified', 'a-word'].filter((one) => one !== what))
          await assert.rejects(shares.adopt('disk', identity, by), (error: Error) => {
            assert.match(error.message, new RegExp(`found ${what}: nothing was adopted`));
            return (error as { code?: string }).code === 'archiver.share-other';
          });
        assert.deepEqual([await recorded(), await inner.identity.read()], [before, undefined]);
      }
    });

    it('is not an empty folder that was filled while the operator spoke', async () => {
      const before = await recorded();
      inner.swapFor(undefined);
      const create = inner.create.bind(inner);
      inner.create = async (...given) => {
        const writer = await create(...given);
        const commit = writer.commit.bind(writer);
        writer.commit = async () => {
          await commit();
          inner.swapFor(other);
        };
        return writer;
      };
      await assert.rejects(shares.adopt('disk', 'empty', by), { code: 'archiver.share-other' });
      assert.equal(await recorded(), before);
    });

    it('is what one operator said: the word of another in the same moment is refused', async () => {
      inner.swapFor(undefined);
      const adopted = shares.adopt('disk', 'empty', by);
      await store.targets.updateOne({ _id: 'disk' }, { $set: { identity: 'said-by-bob' } });
      await assert.rejects(adopted, { code: 'archiver.share-other' });
      assert.equal(await recorded(), 'said-by-bob');
    });

    it('is the right one from then on, for other archivers too', async () => {
      const colleague = new IdentifiedStorage(inner, new TargetIdentities(store, clock));
      await colleague.standing();
      inner.swapFor(undefined);
      await assert.rejects(colleague.standing(), { code: 'long-term-storage.other-share' });
      assert.equal((await shares.adopt('disk', await seen('disk'), by)).state, 'known');
      assert.equal(await colleague.standing(), 'known');
      assert.deepEqual((await store.targets.findOne({ _id: 'disk' }))?.adopted, by);
    });

    it('is never that of another target that is configured', async () => {
      inner.swapFor(other);
      await assert.rejects(shares.adopt('disk', await seen('disk'), by), { code: 'archiver.share-twice' });
      await assert.rejects(shares.adopt('punched-cards', 'empty', by), { code: 'archiver.share-unknown' });
      assert.deepEqual(await damages(), [undefined]);
    });

    it('is never that of a target of another archiver', async () => {
      const former = new NamedShare('former');
      await new IdentifiedStorage(former, new TargetIdentities(store, clock)).standing();
      inner.swapFor(former);
      const identities = new TargetIdentities(store, clock, new TargetNames([], ['disk', 'former']));
      const host = { add: () => undefined } as unknown as AppHealth;
      const here = new Shares(identities, new ShareModes(store, clock), host, [share], logger);
      await assert.rejects(here.adopt('disk', (await here.states())[0]!.identity!, by), {
        code: 'archiver.share-twice',
      });
    });

    it('is the only one that anything is written to, at once and for archivers that still have the old one', async () => {
      const colleague = new IdentifiedStorage(inner, new TargetIdentities(store, clock));
      assert.equal(await colleague.standing(), 'known');
      await store.targets.updateOne({ _id: 'disk' }, { $set: { identity: 'that of the new disks' } });
      await assert.rejects(colleague.create('pid/new', 't'), { code: 'long-term-storage.other-share' });
    });

    it('has to say who it is: a file that says nothing is named', async () => {
      const empty = new MemoryShare();
      await store.targets.deleteMany({});
      await store.datablocks.deleteMany({});
      const writer = await empty.create('.catena-target', 't');
      await writer.commit();
      const colleague = new IdentifiedStorage(empty, new TargetIdentities(store, clock));
      await assert.rejects(colleague.standing(), /whose .catena-target says nothing/);
    });

    it('can be that of a target which is no longer configured', async () => {
      const former = new NamedShare('former');
      await new IdentifiedStorage(former, new TargetIdentities(store, clock)).standing();
      inner.swapFor(former);
      assert.equal((await shares.adopt('disk', await seen('disk'), by)).state, 'known');
      assert.equal(await store.targets.findOne({ _id: 'former' }), null);
    });
  });
});

function isPassing(error: unknown): boolean {
  return (error as { retriable?: boolean }).retriable === true;
}
