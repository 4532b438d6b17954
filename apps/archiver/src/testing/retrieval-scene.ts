import { after, before, beforeEach } from 'node:test';
import { ManualClock, type CatenaError } from '#kernel';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import type { AreaFigures } from '../persistence/area-figures.js';
import type { Asker } from '../persistence/retrieved-copies.js';
import type { OpenStore } from './real-archiver-store.js';
import { retrievalArea } from './retrieval-area.js';

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
