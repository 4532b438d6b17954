import { workFailedV1 } from '#contracts';
import type { MediumPlace } from '#long-term-storage';
import { lto9, TapeDrives } from '#long-term-storage/testing';
import { eventRow, type OutboxRelay } from '#outbox';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { RecallQueue } from '../persistence/recall-queue.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { memoryArchiverStore } from './memory-archiver-store.js';
import { MemoryLibrary } from './memory-library.js';
import { recallsInOrder } from './recalls-in-order.js';
import { VirtualTime } from './virtual-time.js';

export interface RecallStory {
  readonly seed: number;
  readonly requests: number;
  /** Hours in which they come. */
  readonly within: number;
  readonly cartridges: number;
  readonly drives: number;
  /** Bytes of a datablock; those of a story are between a half and three halves of it. */
  readonly datablock: number;
  /** Datablocks that are asked for, some of them more than once. */
  readonly datablocks: number;
  /** Retrievals that job-assembler hands over at once: `limits.read` of the target. */
  readonly window: number;
}

export interface RecallFigures {
  readonly mounts: number;
  /** Hours that drives were busy, all together. */
  readonly driveHours: number;
  /** Hours from the first request to the last answer. */
  readonly hours: number;
  /** Hours from a request to its answer. */
  readonly wait: { readonly mean: number; readonly half: number; readonly most: number };
  /** Recalls that another request had done already. */
  readonly shared: number;
}

const bytesOfCartridge = 18e12;
/** Bytes a second. */
const speed = 400e6;
const target = 'library';
const hour = 3_600_000;
/** Milliseconds after which a worker that found nothing looks again. */
const idle = 10_000;
const epoch = Date.parse('2026-01-01T00:00:00Z');

interface Block {
  readonly archiveId: string;
  readonly size: number;
  readonly place: MediumPlace;
}

interface Request {
  readonly id: string;
  readonly block: Block;
  readonly at: number;
}

/** The same requests to the same library, in the order of the tape or as they come. */
export async function simulateRecalls(story: RecallStory, isInOrder: boolean): Promise<RecallFigures> {
  const requests = requestsOf(story);
  const time = new VirtualTime();
  const store = memoryArchiverStore();
  const orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
  const library = new MemoryLibrary(target, story.drives, isInOrder);
  const drives = new TapeDrives(story.drives, lto9, bytesOfCartridge, time.sleep);
  // As `ARCHIVER_WORKERS`: one for each drive, so that first come is first served where nothing is ordered.
  const recalls = recallsInOrder(store, orders, [library]);
  const answered = new Map<string, number>();
  const there = new Set<string>();
  let [busy, shared] = [0, 0];

  const worker = async (): Promise<void> => {
    while (answered.size < requests.length) {
      const now = new Date(epoch + time.now);
      const order = await recalls.take(now, new Date(now.getTime() + 1000 * hour));
      if (order === undefined) {
        await time.sleep(idle);
        continue;
      }
      const { block } = requests[Number(order._id)]!;
      if (there.has(block.archiveId)) shared += 1;
      else {
        const begun = time.now;
        const { medium: cartridge, position: start } = block.place;
        const giveBack = await drives.take({ cartridge, start, end: start + block.size });
        await time.sleep((block.size / speed) * 1000);
        giveBack();
        busy += time.now - begun;
        there.add(block.archiveId);
      }
      const data = { workOrderId: order._id, jobId: 'j', pid: 'p', code: 'x', message: 'x' };
      const row = eventRow(workFailedV1, { ...data, fault: 'system' }, now);
      await orders.end(order, 'done', [row], { at: now });
      recalls.ended(order);
      answered.set(order._id, time.now);
      // What is over need not be looked through.
      await store.works.deleteOne({ _id: order._id });
    }
  };
  const work = [handOver(story, requests, time, { store, orders, answered }), ...drivesOf(story, worker)];
  await time.pass(Promise.all(work));
  return figuresOf(requests, answered, { mounts: drives.mounts, busy, shared });
}

const drivesOf = ({ drives }: RecallStory, worker: () => Promise<void>): Promise<void>[] =>
  Array.from({ length: drives }, worker);

/** What job-assembler does: so many are with the archiver at once, and their places are known a moment later. */
async function handOver(
  { window }: RecallStory,
  requests: readonly Request[],
  time: VirtualTime,
  archiver: {
    readonly store: ArchiverStore;
    readonly orders: WorkOrders;
    readonly answered: ReadonlyMap<string, number>;
  },
): Promise<void> {
  const queue = new RecallQueue(archiver.store);
  for (const [index, { id, block, at }] of requests.entries()) {
    if (at > time.now) await time.sleep(at - time.now);
    while (index - archiver.answered.size >= window) await time.sleep(idle);
    const now = new Date(epoch + time.now);
    const data = { workOrderId: id, jobId: 'j', pid: 'p', archiveId: block.archiveId };
    await archiver.orders.accept({
      ...{ command: { kind: 'retrieve', data }, needs: { of: 'any', targets: [target] } },
      ...{ acceptedAt: now, dueAt: now, context: undefined },
    });
    await queue.placed(id, { target, ...block.place }, now);
  }
}

function requestsOf(story: RecallStory): readonly Request[] {
  const random = randomFrom(story.seed);
  const blocks: readonly Block[] = Array.from({ length: story.datablocks }, (_, index) => {
    const size = Math.round(story.datablock * (0.5 + random()));
    const medium = `T${String(Math.floor(random() * story.cartridges)).padStart(4, '0')}`;
    const position = Math.floor(random() * (bytesOfCartridge - size));
    return { archiveId: `d/${index}`, size, place: { medium, position } };
  });
  const times = Array.from({ length: story.requests }, () => random() * story.within * hour);
  return times
    .sort((one, other) => one - other)
    .map((at, index) => ({ id: `${index}`, block: blocks[Math.floor(random() * blocks.length)]!, at }));
}

function figuresOf(
  requests: readonly Request[],
  answered: ReadonlyMap<string, number>,
  { mounts, busy, shared }: { readonly mounts: number; readonly busy: number; readonly shared: number },
): RecallFigures {
  const waits = requests.map(({ id, at }) => (answered.get(id)! - at) / hour).sort((a, b) => a - b);
  const mean = waits.reduce((sum, one) => sum + one, 0) / waits.length;
  return {
    ...{ mounts, driveHours: busy / hour, hours: Math.max(...answered.values()) / hour, shared },
    wait: { mean, half: waits[Math.floor(waits.length / 2)]!, most: waits.at(-1)! },
  };
}

/** The same numbers for the same seed, evenly between 0 and 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
