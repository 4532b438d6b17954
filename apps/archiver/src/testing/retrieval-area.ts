import { after, before, beforeEach } from 'node:test';
import { ManualClock, type CatenaError, type Clock } from '#kernel';
import { createLogger } from '#observability';
import type { ObjectStore } from '#storage';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { AreaFigures } from '../persistence/area-figures.js';
import { RetrievedCopies, type Asker } from '../persistence/retrieved-copies.js';
import { RoomWaits } from '../persistence/room-waits.js';
import { EndedCopies } from '../retrieval-area/ended-copies.js';
import { RetrievalArea } from '../retrieval-area/retrieval-area.js';
import { ExpireRetrievedCopies } from '../retrieve-datablock/expire-retrieved-copies.js';
import { RecallLock } from '../retrieve-datablock/recall-lock.js';
import type { OpenStore } from './real-archiver-store.js';

/** What the retrieval area works with. */
export interface AreaScene {
  readonly store: ArchiverStore;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly config: ArchiverConfig;
  /** Other records than those of the store. */
  readonly copies?: RetrievedCopies;
  readonly figures?: AreaFigures;
}

/** The retrieval area, as the module wires it. */
export function retrievalArea(scene: AreaScene) {
  const { store, objects, clock, config } = scene;
  const logger = createLogger('retrieval-area', 'silent');
  const { copies = new RetrievedCopies(store), figures = new AreaFigures(store) } = scene;
  const waits = new RoomWaits(store);
  const ended = new EndedCopies(copies, objects, clock, config, logger);
  const area = new RetrievalArea(figures, waits, ended, clock, config);
  const lock = new RecallLock(copies, area, ended, clock, config, logger);
  const expiry = new ExpireRetrievedCopies(ended, waits, objects, clock, config, logger);
  return { copies, figures, waits, ended, area, lock, expiry };
}

export const mebibyte = 2 ** 20;
export const [hour, minute] = [3_600_000, 60_000];
export const bucket = 'retrieval';
/** Codes of what waits for room. */
export const [full, quotaFull] = ['archiver.retrieval-area-full', 'archiver.retrieval-quota-full'];

/** What a recall is given. */
export const context: WorkContext = {
  ...{ epoch: 1, signal: new AbortController().signal },
  progress: () => undefined,
};

/** Each is an order of a job of its own. */
export const by = (id: string, group = 'g'): Asker => ({ order: id, job: id, group });

/** The code of what kept it from that; undefined when nothing did. */
export const outcome = (done: Promise<void>): Promise<string | undefined> =>
  done.then(
    () => undefined,
    (error: unknown) => (error as CatenaError).code,
  );

/** A retrieval area of 1 MiB, empty and at the first of January before each test of the suite that calls this. */
export class RetrievalScene {
  opened!: OpenStore;
  clock!: ManualClock;
  objects!: MemoryObjectStore;
  parts!: ReturnType<typeof retrievalArea>;

  constructor(open: () => Promise<OpenStore>) {
    before(async () => (this.opened = await open()));
    after(() => this.opened.close());
    beforeEach(async () => {
      await this.opened.store.retrieved.deleteMany({});
      await this.opened.store.roomWaits.deleteMany({});
      this.clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
      this.objects = new MemoryObjectStore();
      await this.objects.ensureBucket(bucket);
      this.limit({ retrievalSpace: mebibyte });
    });
  }

  /** From here on with these limits, in bytes. */
  readonly limit = (limits: Partial<ArchiverConfig>, figures?: AreaFigures): void => {
    const config = {
      ...{ lease: minute, retrievedLifetime: hour, retrievedLifetimeMost: 3 * hour },
      ...{ retrievalBucket: bucket, ...limits },
    } as ArchiverConfig;
    const { objects, clock } = this;
    const { store } = this.opened;
    this.parts = retrievalArea({
      store,
      objects,
      clock,
      config,
      ...(figures === undefined ? {} : { figures }),
    });
  };

  /** As the handler does it: a copy that is there is taken, another one is recalled. */
  readonly retrieve = async (what: string, bytes: number, asker = by(what), epoch = 1): Promise<void> => {
    const { lock } = this.parts;
    const there = await lock.present(what, asker, {}, async (size) => {
      return (await this.objects.head(bucket, what))?.size === size;
    });
    if (there !== undefined) return;
    await lock.recall({ name: what, archiveId: what, bytes }, asker, { ...context, epoch }, async () => {
      await this.objects.put(bucket, what, Buffer.alloc(bytes), { size: bytes });
      return { bytes, sha256: 'x' };
    });
  };

  /** Keys, sorted. */
  readonly inBucket = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of this.objects.list(bucket, '')) keys.push(key);
    return keys.sort();
  };
}
