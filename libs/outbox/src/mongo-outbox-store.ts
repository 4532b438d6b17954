import type { Connection } from 'mongoose';
import { AskedTogether } from '#kernel';
import {
  OutboxStore,
  type Acceptance,
  type Backlog,
  type ClaimedOutbox,
  type OpenMessages,
  type OpenRows,
} from './outbox-store.js';
import { maxKinds, mergedKinds } from './open-messages.js';
import type { OutboxPart, OutboxRow } from './outbox-row.js';

/** A collection whose documents carry an outbox, and where: below `path` (for example `catena.outbox`). */
export interface OutboxPlace {
  readonly collection: string;
  readonly path: string;
}

/** Due documents that one look takes up: more than there are lanes. */
const maxCandidates = 50;

interface Update {
  readonly filter: object;
  readonly update: object;
  readonly arrayFilters?: object[];
}

type Stored = { _id: string } & Record<string, unknown>;

/** Outboxes inside the documents of one MongoDB database: no transaction needed, so a standalone server will do. */
export class MongoOutboxStore extends OutboxStore {
  private next = 0;
  /** Documents that a lane of this process is about to claim: the other lanes take the next ones. */
  private readonly beingClaimed = new Set<string>();
  private readonly updates = new Map<string, AskedTogether<Update, boolean>>();

  constructor(
    private readonly connection: Connection,
    private readonly collections: readonly OutboxPlace[],
  ) {
    super();
  }

  /** One sparse index a collection: only documents with something left to send are in it. */
  async createIndexes(): Promise<void> {
    for (const { collection, path } of this.collections) {
      await this.connection
        .collection(collection)
        .createIndex({ [`${path}.dueAt`]: 1 }, { name: 'catena_outbox_due', sparse: true });
    }
  }

  async claimDue(now: Date, lease: number): Promise<ClaimedOutbox | undefined> {
    for (let tried = 0; tried < this.collections.length; tried += 1) {
      const place = this.collections[this.next++ % this.collections.length]!;
      const claimed = await this.claimIn(place, now, lease);
      if (claimed !== undefined) return claimed;
    }
    return undefined;
  }

  /**
   * Candidates first, with a read that waits for nobody; then one of them by a conditional write. A write that names no document
   * waits for the longest due one however long another writes it, and with it every lane.
   */
  private async claimIn(
    { collection, path }: OutboxPlace,
    now: Date,
    lease: number,
  ): Promise<ClaimedOutbox | undefined> {
    const due = { [`${path}.dueAt`]: { $lte: now } };
    const candidates = await this.collection(collection)
      .find(due, { projection: { _id: 1 } })
      .sort({ [`${path}.dueAt`]: 1 })
      .limit(maxCandidates)
      .toArray();
    for (const { _id } of candidates) {
      const address = `${collection}/${_id}`;
      if (this.beingClaimed.has(address)) continue;
      this.beingClaimed.add(address);
      try {
        const claim = new Date(now.getTime() + lease + Math.floor(Math.random() * 1000));
        const document = await this.collection(collection).findOneAndUpdate(
          { _id, ...due },
          { $set: { [`${path}.dueAt`]: claim } },
          { projection: { [path]: 1 }, returnDocument: 'after' },
        );
        if (document !== null)
          return { collection, documentId: _id, rows: outboxOf(document, path)?.rows ?? [], claim };
      } finally {
        this.beingClaimed.delete(address);
      }
    }
    return undefined;
  }

  async nextDue(): Promise<Date | undefined> {
    const due = await Promise.all(this.collections.map((place) => this.nextDueIn(place)));
    const times = due.flatMap((at) => (at === undefined ? [] : [at.getTime()]));
    return times.length === 0 ? undefined : new Date(Math.min(...times));
  }

  private async nextDueIn({ collection, path }: OutboxPlace): Promise<Date | undefined> {
    const key = `${path}.dueAt`;
    const first = await this.collection(collection).findOne(
      { [key]: { $exists: true } },
      { sort: { [key]: 1 }, projection: { [key]: 1 } },
    );
    return first === null ? undefined : outboxOf(first, path)?.dueAt;
  }

  async markPublished(
    { collection, documentId, rows }: ClaimedOutbox,
    rowIds: readonly string[],
    now: Date,
  ): Promise<void> {
    const path = this.pathOf(collection);
    const { finished, awaited } = publishedOf(rows, rowIds);
    if (finished.length > 0)
      await this.update(collection, {
        filter: { _id: documentId },
        update: { $pull: { [`${path}.rows`]: { id: { $in: finished } } } },
      });
    if (awaited.length > 0)
      await this.update(collection, {
        filter: { _id: documentId },
        update: { $set: { [`${path}.rows.$[row].publishedAt`]: now } },
        arrayFilters: [{ 'row.id': { $in: awaited } }],
      });
  }

  override async settle(
    claimed: ClaimedOutbox,
    rowIds: readonly string[],
    dueAt: Date | undefined,
    now: Date,
  ): Promise<void> {
    const { collection, documentId, rows, claim } = claimed;
    const path = this.pathOf(collection);
    const { finished, awaited } = publishedOf(rows, rowIds);
    // One write cannot take rows out of a list and change others in it; the rest is as rare.
    if (awaited.length === 0 || finished.length > 0 || dueAt === undefined)
      return super.settle(claimed, rowIds, dueAt, now);
    const isDone = await this.update(collection, {
      filter: { _id: documentId, [`${path}.dueAt`]: claim },
      update: { $set: { [`${path}.rows.$[row].publishedAt`]: now, [`${path}.dueAt`]: dueAt } },
      arrayFilters: [{ 'row.id': { $in: awaited } }],
    });
    // A row came meanwhile, or this was sent with others of which one had none: all is said again, each for itself.
    if (!isDone) await super.settle(claimed, rowIds, dueAt, now);
  }

  async release({ collection, documentId, claim }: ClaimedOutbox, dueAt: Date | undefined): Promise<void> {
    const key = `${this.pathOf(collection)}.dueAt`;
    // A row pushed meanwhile has moved the due time: then this filter misses and the document stays due.
    await this.update(collection, {
      filter: { _id: documentId, [key]: claim },
      update: dueAt === undefined ? { $unset: { [key]: '' } } : { $set: { [key]: dueAt } },
    });
  }

  async accept(acceptances: readonly Acceptance[]): Promise<void> {
    for (const { collection, path } of this.collections) {
      const mine = acceptances.filter(({ address }) => address.startsWith(`${collection}/`));
      if (mine.length === 0) continue;
      const operations = mine.flatMap(({ address, messageId, consumer }) => {
        const _id = address.slice(collection.length + 1);
        return [
          // Mostly it was all that was left: then nothing is due any more, and nobody looks at the document again.
          {
            updateOne: {
              filter: {
                _id,
                [`${path}.rows`]: { $size: 1, $elemMatch: { id: messageId, awaits: [consumer] } },
              },
              update: { $pull: { [`${path}.rows`]: { id: messageId } }, $unset: { [`${path}.dueAt`]: '' } },
            },
          },
          {
            updateOne: {
              filter: { _id, [`${path}.rows`]: { $elemMatch: { id: messageId, awaits: [consumer] } } },
              update: { $pull: { [`${path}.rows`]: { id: messageId } } },
            },
          },
          {
            updateOne: {
              filter: { _id, [`${path}.rows.id`]: messageId },
              update: { $pull: { [`${path}.rows.$[row].awaits`]: consumer } },
              arrayFilters: [{ 'row.id': messageId }],
            },
          },
          // Another relay may have recorded the receipt of the other consumer between the two: then neither was the last one.
          {
            updateOne: {
              filter: { _id, [`${path}.rows`]: { $elemMatch: { id: messageId, awaits: { $size: 0 } } } },
              update: { $pull: { [`${path}.rows`]: { id: messageId, awaits: { $size: 0 } } } },
            },
          },
        ];
      });
      await this.collection(collection).bulkWrite(operations as never, { ordered: true });
    }
  }

  async open(): Promise<OpenMessages[]> {
    const kinds = await Promise.all(this.collections.map((place) => this.openIn(place)));
    return mergedKinds(kinds.flat());
  }

  private async openIn({ collection, path }: OutboxPlace): Promise<OpenMessages[]> {
    const found = await this.collection(collection)
      .aggregate<{
        _id: Pick<OpenMessages, 'type' | 'consumer'> & { published: boolean };
        count: number;
        oldest: Date;
      }>([
        { $match: { [`${path}.dueAt`]: { $exists: true } } },
        { $project: { rows: `$${path}.rows` } },
        { $unwind: '$rows' },
        {
          $project: {
            type: { $ifNull: ['$rows.envelope.type', 'legacy'] },
            // Before the broker has it, it is open for nobody in particular.
            consumer: { $cond: [{ $gt: ['$rows.publishedAt', null] }, '$rows.awaits', ['']] },
            published: { $gt: ['$rows.publishedAt', null] },
            time: '$rows.time',
          },
        },
        { $unwind: '$consumer' },
        {
          $group: {
            _id: { type: '$type', consumer: '$consumer', published: '$published' },
            count: { $sum: 1 },
            oldest: { $min: '$time' },
          },
        },
        { $sort: { oldest: 1 } },
        { $limit: maxKinds },
      ])
      .toArray();
    return found.map(({ _id: { type, consumer, published }, count, oldest }) => ({
      type,
      ...(published && consumer !== undefined ? { consumer } : {}),
      state: published ? 'unaccepted' : 'unpublished',
      ...{ count: Number(count), oldest },
    }));
  }

  async backlog(now: Date): Promise<Backlog> {
    const open = await this.openPlaces();
    const unpublished = await this.openRows(open, now, false);
    return { ...unpublished, unaccepted: await this.openRows(open, now, true) };
  }

  /** Those with something in them: few, nearly always, and that is quick to see. */
  private async openPlaces(): Promise<OutboxPlace[]> {
    const open: OutboxPlace[] = [];
    for (const place of this.collections) {
      const isOpen = { [`${place.path}.dueAt`]: { $exists: true } };
      const found = await this.collection(place.collection).findOne(isOpen, { projection: { _id: 1 } });
      if (found !== null) open.push(place);
    }
    return open;
  }

  private async openRows(places: readonly OutboxPlace[], now: Date, published: boolean): Promise<OpenRows> {
    let documents = 0;
    let oldest = now.getTime();
    for (const { collection, path } of places) {
      const isOpen = { $exists: published };
      const [found] = await this.collection(collection)
        .aggregate<{ documents: number; oldest: Date }>([
          // What awaits a receipt is due again some day: the sparse index has both kinds, and nothing else.
          {
            $match: {
              [`${path}.dueAt`]: { $exists: true },
              [`${path}.rows`]: { $elemMatch: { publishedAt: isOpen } },
            },
          },
          { $project: { rows: `$${path}.rows` } },
          { $unwind: '$rows' },
          { $match: { 'rows.publishedAt': isOpen } },
          { $group: { _id: '$_id', oldest: { $min: '$rows.time' } } },
          { $group: { _id: null, documents: { $sum: 1 }, oldest: { $min: '$oldest' } } },
        ])
        .toArray();
      if (found === undefined) continue;
      documents += Number(found.documents);
      oldest = Math.min(oldest, found.oldest.getTime());
    }
    return { documents, oldestMs: now.getTime() - oldest };
  }

  private collection(name: string) {
    return this.connection.collection<Stored>(name);
  }

  /**
   * Of one document; those of several at one time travel together.
   *
   * @returns whether the document was found; false as well where that is not known
   */
  private update(collection: string, update: Update): Promise<boolean> {
    let together = this.updates.get(collection);
    if (together === undefined) {
      together = new AskedTogether<Update, boolean>(
        async (updates) => {
          if (updates.length === 1) {
            const { filter, update, ...options } = updates[0]!;
            const { matchedCount } = await this.collection(collection).updateOne(filter, update, options);
            return [matchedCount === 1];
          }
          const operations = updates.map((updateOne) => ({ updateOne }));
          const { matchedCount } = await this.collection(collection).bulkWrite(operations, {
            ordered: false,
          });
          return updates.map(() => matchedCount === updates.length);
        },
        { gathering: 0 },
      );
      this.updates.set(collection, together);
    }
    return together.of(update);
  }

  private pathOf(collection: string): string {
    return this.collections.find((candidate) => candidate.collection === collection)!.path;
  }
}

/** Of the rows that the broker has: those that await nobody, and the others. */
function publishedOf(
  rows: readonly OutboxRow[],
  ids: readonly string[],
): { finished: string[]; awaited: string[] } {
  const published = rows.filter(({ id }) => ids.includes(id));
  return {
    finished: published.filter(({ awaits }) => awaits.length === 0).map(({ id }) => id),
    awaited: published.filter(({ awaits }) => awaits.length > 0).map(({ id }) => id),
  };
}

function outboxOf(document: Stored, path: string): OutboxPart | undefined {
  let value: unknown = document;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value as OutboxPart | undefined;
}
