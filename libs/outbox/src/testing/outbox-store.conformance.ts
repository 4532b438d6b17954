import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jobCancelRequestedV1 } from '#contracts';
import { newId } from '#kernel';
import { eventRow, newOutbox, type OutboxPart, type OutboxRow } from '../outbox-row.js';
import type { OutboxStore } from '../outbox-store.js';

/** A store with one collection, and a way to write documents into it as an app would. */
export interface StoreUnderTest {
  readonly store: OutboxStore;
  readonly collection: string;
  push(documentId: string, outbox: OutboxPart): Promise<void>;
  rowsOf(documentId: string): Promise<readonly OutboxRow[]>;
}

const start = new Date('2026-01-01T00:00:00Z');
const later = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);
const row = (): OutboxRow => eventRow(jobCancelRequestedV1, { jobId: 'j', requestedBy: 'b' }, start);

/** What any outbox store must do. */
export function outboxStoreConformance(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} as an outbox store`, () => {
    it('gives a due document to one relay only', async () => {
      const { store, push } = await open();
      await push(newId(), newOutbox([row()], start));
      const claims = await Promise.all(Array.from({ length: 8 }, () => store.claimDue(later(1), 1000)));
      assert.equal(claims.filter((claim) => claim !== undefined).length, 1);
    });

    it('gives nothing before it is due, and the longest due first', async () => {
      const { store, push } = await open();
      const [first, second] = [newId(), newId()];
      await push(second, newOutbox([row()], later(50)));
      await push(first, newOutbox([row()], later(10)));
      assert.equal(await store.claimDue(start, 1000), undefined);
      assert.equal((await store.claimDue(later(100), 10_000))?.documentId, first);
      assert.equal((await store.claimDue(later(100), 10_000))?.documentId, second);
    });

    it('gives a document again when the relay that had it never came back', async () => {
      const { store, push } = await open();
      const id = newId();
      await push(id, newOutbox([row()], start));
      await store.claimDue(later(1), 1000);
      assert.equal(await store.claimDue(later(900), 1000), undefined);
      assert.equal((await store.claimDue(later(2500), 1000))?.documentId, id);
    });

    it('keeps a published row until its consumer has taken over', async () => {
      const { store, collection, push, rowsOf } = await open();
      const id = newId();
      const waiting = row();
      await push(id, newOutbox([waiting], start));
      const claim = (await store.claimDue(later(1), 1000))!;
      await store.markPublished(claim, [waiting.id], later(2));
      await store.release(claim, later(5000));
      const [kept] = await rowsOf(id);
      assert.deepEqual(kept?.publishedAt, later(2));
      await store.accept([
        { address: `${collection}/${id}`, messageId: waiting.id, consumer: 'job-assembler' },
      ]);
      assert.deepEqual(await rowsOf(id), []);
    });

    it('settles what was published in one step, whatever a row still awaits, and keeps what came meanwhile due', async () => {
      const { store, push, rowsOf } = await open();
      const ids = [newId(), newId(), newId()];
      const legacy: OutboxRow = {
        ...{ id: newId(), time: start, awaits: [] },
        legacy: { exchange: 'x', key: 'k', body: '{}' },
      };
      const [first, second, third] = [row(), row(), row()];
      await push(ids[0]!, newOutbox([first], start));
      await push(ids[1]!, newOutbox([second, legacy], start));
      await push(ids[2]!, newOutbox([third], start));
      const claims = [];
      for (let number = 0; number < 3; number += 1) claims.push((await store.claimDue(later(1), 1000))!);
      await push(ids[2]!, newOutbox([row()], later(3)));
      await Promise.all(
        claims.map((claim) =>
          store.settle(
            claim,
            claim.rows.map(({ id }) => id),
            later(5000),
            later(2),
          ),
        ),
      );
      const published = async (id: string): Promise<(Date | undefined)[]> =>
        (await rowsOf(id)).map(({ publishedAt }) => publishedAt);
      assert.deepEqual(await published(ids[0]!), [later(2)]);
      assert.deepEqual(await published(ids[1]!), [later(2)]);
      assert.deepEqual(await published(ids[2]!), [later(2), undefined]);
      assert.equal(
        (await store.claimDue(later(4), 60_000))?.documentId,
        ids[2],
        'a row that came meanwhile is due',
      );
      assert.equal(
        await store.claimDue(later(1500), 1),
        undefined,
        'the others only when they must be sent again',
      );
      const again = [await store.claimDue(later(5001), 60_000), await store.claimDue(later(5001), 60_000)];
      assert.equal(
        again.every((claim) => claim !== undefined),
        true,
      );
    });

    it('settles a failed delivery: nothing is published, and it is due again', async () => {
      const { store, push, rowsOf } = await open();
      const id = newId();
      await push(id, newOutbox([row()], start));
      const claim = (await store.claimDue(later(1), 1000))!;
      await store.settle(claim, [], later(500), later(2));
      assert.equal((await rowsOf(id))[0]?.publishedAt, undefined);
      assert.equal((await store.claimDue(later(501), 1000))?.documentId, id);
    });

    it('keeps a row until the last of several consumers has taken over', async () => {
      const { store, collection, push, rowsOf } = await open();
      const id = newId();
      const waiting: OutboxRow = { ...row(), awaits: ['job-assembler', 'publisher'] };
      await push(id, newOutbox([waiting], start));
      const address = `${collection}/${id}`;
      await store.accept([{ address, messageId: waiting.id, consumer: 'publisher' }]);
      assert.deepEqual(
        (await rowsOf(id)).map(({ awaits }) => awaits),
        [['job-assembler']],
      );
      await store.accept([{ address, messageId: waiting.id, consumer: 'publisher' }]);
      assert.equal((await rowsOf(id)).length, 1, 'the same receipt twice counts once');
      await store.accept([{ address, messageId: waiting.id, consumer: 'job-assembler' }]);
      assert.deepEqual(await rowsOf(id), []);
    });

    it('drops a row that awaits nobody as soon as the broker has it', async () => {
      const { store, push, rowsOf } = await open();
      const id = newId();
      const legacy: OutboxRow = {
        id: newId(),
        time: start,
        awaits: [],
        legacy: { exchange: 'x', key: 'k', body: '{}' },
      };
      await push(id, newOutbox([legacy], start));
      const claim = (await store.claimDue(later(1), 1000))!;
      await store.markPublished(claim, [legacy.id], later(2));
      assert.deepEqual(await rowsOf(id), []);
    });

    it('does not forget what was pushed while a relay had the document', async () => {
      const { store, push } = await open();
      const id = newId();
      await push(id, newOutbox([row()], start));
      const claim = (await store.claimDue(later(1), 1000))!;
      await push(id, newOutbox([row()], later(3)));
      await store.release(claim, undefined);
      const again = await store.claimDue(later(4), 1000);
      assert.equal(again?.documentId, id);
      assert.equal(again.rows.length, 2);
    });

    it('ignores receipts for rows and documents it does not know', async () => {
      const { store, collection } = await open();
      await store.accept([{ address: `${collection}/${newId()}`, messageId: newId(), consumer: 'archiver' }]);
      await store.accept([{ address: 'elsewhere/1', messageId: newId(), consumer: 'archiver' }]);
    });

    it('says when the first document is due: nothing until something is left to send, nor when it is accepted', async () => {
      const { store, push, collection } = await open();
      assert.equal(await store.nextDue(), undefined);
      const [id, other, sent] = [newId(), newId(), row()];
      await push(id, newOutbox([sent], later(60_000)));
      assert.deepEqual(
        [await store.claimDue(later(1), 1000), await store.nextDue()],
        [undefined, later(60_000)],
      );
      const claim = (await store.claimDue(later(60_001), 1000))!;
      assert.deepEqual(await store.nextDue(), claim.claim, 'who has claimed it may die');
      await store.markPublished(claim, [sent.id], later(60_001));
      await store.release(claim, later(90_000));
      assert.deepEqual(await store.nextDue(), later(90_000), 'nobody has accepted it');
      await push(other, newOutbox([row()], later(80_000)));
      assert.deepEqual(await store.nextDue(), later(80_000), 'the first of all');
      await store.release((await store.claimDue(later(80_001), 1000))!, undefined);
      await store.accept([{ address: `${collection}/${id}`, messageId: sent.id, consumer: 'job-assembler' }]);
      assert.equal(await store.nextDue(), undefined, 'it was all that was left');
    });

    it('is due for what is left when one of two rows is accepted, and for what comes after the last one was', async () => {
      const { store, push, collection } = await open();
      const [id, one, other] = [newId(), row(), row()];
      const accept = (messageId: string): Promise<void> =>
        store.accept([{ address: `${collection}/${id}`, messageId, consumer: 'job-assembler' }]);
      await push(id, newOutbox([one, other], later(100)));
      await accept(one.id);
      assert.deepEqual(await store.nextDue(), later(100));
      await accept(other.id);
      await push(id, newOutbox([row()], later(200)));
      await accept(other.id);
      assert.deepEqual(await store.nextDue(), later(200), 'a receipt that comes twice is about nothing');
    });

    it('is not due again when a receipt is there before its delivery is settled', async () => {
      const { store, push, rowsOf, collection } = await open();
      const [id, sent] = [newId(), row()];
      await push(id, newOutbox([sent], start));
      const claim = (await store.claimDue(later(1), 1000))!;
      await store.accept([{ address: `${collection}/${id}`, messageId: sent.id, consumer: 'job-assembler' }]);
      await store.settle(claim, [sent.id], later(5000), later(2));
      assert.deepEqual([await rowsOf(id), await store.nextDue()], [[], undefined]);
    });

    it('tells what the broker has not confirmed, and how old it is', async () => {
      const { store, push } = await open();
      assert.equal((await store.backlog(later(10))).documents, 0);
      await push(newId(), newOutbox([row()], start));
      const { documents, oldestMs } = await store.backlog(later(7000));
      assert.deepEqual([documents, oldestMs], [1, 7000]);
    });

    it('tells of open messages by type and consumer, the oldest first', async () => {
      const { store, push } = await open();
      assert.deepEqual(await store.open(), []);
      const [sent, unsent] = [row(), row()];
      await push(newId(), newOutbox([sent], start));
      const claim = (await store.claimDue(later(1), 1000))!;
      await store.markPublished(claim, [sent.id], later(1));
      await store.release(claim, later(60_000));
      await push(newId(), newOutbox([{ ...unsent, time: later(5) }], start));
      const type = sent.envelope?.type ?? 'legacy';
      assert.deepEqual(await store.open(), [
        { type, consumer: 'job-assembler', state: 'unaccepted', count: 1, oldest: sent.time },
        { type, state: 'unpublished', count: 1, oldest: later(5) },
      ]);
    });

    it('tells what the broker has and nobody has accepted, however often it was sent again', async () => {
      const { store, collection, push } = await open();
      const id = newId();
      const waiting = row();
      await push(id, newOutbox([waiting], start));
      assert.deepEqual((await store.backlog(later(1))).unaccepted, { documents: 0, oldestMs: 0 });
      for (const at of [2, 5000]) {
        const claim = (await store.claimDue(later(at), 1000))!;
        await store.markPublished(claim, [waiting.id], later(at));
        await store.release(claim, later(at + 10));
      }
      const { documents, unaccepted } = await store.backlog(later(9000));
      assert.deepEqual([documents, unaccepted], [0, { documents: 1, oldestMs: 9000 }]);
      await store.accept([
        { address: `${collection}/${id}`, messageId: waiting.id, consumer: 'job-assembler' },
      ]);
      assert.equal((await store.backlog(later(9001))).unaccepted.documents, 0);
    });
  });
}
