import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { newId } from '#kernel';
import type { OutboxRelay } from '#outbox';
import { RecallQueue } from '../persistence/recall-queue.js';
import { WorkOrders } from '../persistence/work-orders.js';
import type { OpenStore } from './real-archiver-store.js';

const start = new Date('2026-01-01T00:00:00Z');
const at = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);
const looking = { now: at(100), served: ['tape', 'disk'], ordered: ['tape'] };

/** What holds for retrievals in the order of the tape, in memory and in a database. */
export function recallQueueConformance(name: string, open: () => Promise<OpenStore>): void {
  describe(`Retrievals in the order of the tape in ${name}`, () => {
    let opened: OpenStore;
    let queue: RecallQueue;
    let orders: WorkOrders;

    before(async () => {
      opened = await open();
      queue = new RecallQueue(opened.store);
      orders = new WorkOrders(opened.store, { wake: () => undefined } as unknown as OutboxRelay);
    });
    after(() => opened.close());
    beforeEach(() => opened.store.works.deleteMany({}));

    async function accept(
      due: number,
      lies?: readonly [medium: string, position: number],
      targets: readonly string[] = ['tape'],
    ): Promise<string> {
      const workOrderId = newId();
      const data = { workOrderId, jobId: 'j', pid: 'p', archiveId: 'a' };
      await orders.accept({
        ...{ command: { kind: 'retrieve', data }, needs: { of: 'any', targets } },
        ...{ acceptedAt: start, dueAt: at(due), context: undefined },
      });
      if (lies !== undefined) {
        const [medium, position] = lies;
        await queue.placed(workOrderId, { target: 'tape', medium, position }, at(0));
      }
      return workOrderId;
    }
    const unplaced = async (stale = 0): Promise<string[]> => {
      const found: string[] = [];
      for await (const { _id } of queue.unplaced(['tape'], at(100), at(stale), 10)) found.push(_id);
      return found;
    };
    const tape = (medium: string) => ({ target: 'tape', medium });
    const takeAt = async (medium: string, from: number) =>
      (await queue.takeAt(looking, tape(medium), from, at(500)))?._id;
    const placeOfNext = async (closed: Parameters<RecallQueue['next']>[1]) =>
      (await queue.next(looking, closed))?.place?.medium;

    it('are asked for once where they lie, and again when that is long ago and they still wait', async () => {
      const [later, first] = [await accept(5), await accept(1)];
      await accept(2, undefined, ['disk']);
      assert.deepEqual(await unplaced(), [first, later]);
      await queue.placed(first, undefined, at(50));
      await queue.placed(later, { ...tape('A'), position: 7 }, at(60));
      assert.deepEqual(await unplaced(50), []);
      assert.deepEqual(await unplaced(51), [first]);
      await queue.takeAt(looking, tape('A'), 0, at(500));
      assert.deepEqual(await unplaced(90), [first], 'a worker has the other one');
    });

    it('are taken in the order of their positions, each by one worker', async () => {
      const [third, first, second] = [
        ...[await accept(1, ['A', 300]), await accept(2, ['A', 100]), await accept(3, ['A', 200])],
      ];
      await accept(0, ['B', 150]);
      await accept(101, ['A', 120]);
      assert.equal(await takeAt('A', 150), second);
      const taken = await Promise.all([0, 0, 0].map((from) => takeAt('A', from)));
      assert.deepEqual(new Set(taken), new Set([first, third, undefined]));
    });

    it('of one place are taken in the order in which they came due, with a newer token each', async () => {
      const [later, first] = [await accept(9, ['A', 5]), await accept(1, ['A', 5])];
      assert.equal(await takeAt('A', 5), first);
      assert.equal((await opened.store.works.findOne({ _id: first }))?.epoch, 1);
      assert.equal(await takeAt('A', 5), later);
    });

    it('are left alone by whoever takes all other work, unless they were cancelled or their target is read in no order', async () => {
      const placed = await accept(1, ['A', 1]);
      const other = await accept(2);
      const take = async (ordered: string[]) =>
        (await orders.takeDue(at(100), at(500), ['tape'], ordered))?._id;
      assert.equal(await take(['tape']), other);
      assert.equal(await take(['tape']), undefined);
      await orders.requestCancel(placed);
      assert.equal(await take(['tape']), placed);
      const again = await accept(3, ['A', 1]);
      assert.equal(await take(['library']), again);
    });

    it('show who has waited longest where no medium is closed, whatever kind of work it is', async () => {
      await accept(1, ['A', 1]);
      await accept(2, ['B', 1]);
      await accept(3, ['C', 1]);
      assert.equal(await placeOfNext([]), 'A');
      assert.equal(await placeOfNext([tape('A'), tape('B')]), 'C');
      assert.equal(await queue.next(looking, [{ target: 'tape' }]), undefined);
      const other = await accept(4);
      const next = await queue.next(looking, [{ target: 'tape' }]);
      assert.equal(next?.place, undefined);
      assert.equal(next?._id, other);
    });

    it('that ended meanwhile get no place', async () => {
      const id = await accept(1);
      await opened.store.works.updateOne({ _id: id }, { $set: { state: 'done' } });
      await queue.placed(id, { ...tape('A'), position: 1 }, at(1));
      assert.equal((await opened.store.works.findOne({ _id: id }))?.place, undefined);
    });
  });
}
