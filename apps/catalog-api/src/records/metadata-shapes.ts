import { Inject, Injectable } from '@nestjs/common';
import { AgedMap, type AskedTogether, Clock, messageOf, newId, stillMoving } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { isDatabaseAway } from '#persistence';
import {
  shapedCollections,
  shapeField,
  shapeOf,
  type MetadataShape,
  type ShapedCollection,
} from '../domain/metadata-shape.js';
import { Catalogue } from '../persistence/catalogue.js';
import { foundTogether, leisure } from '../persistence/found-together.js';
import type { StoredShape } from '../persistence/records.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Milliseconds for which a shape that was there need not be looked for before it is given to a record; after that it is looked
 * for in any case, and made again where it left meanwhile.
 */
const freshness = 2000;
const maxSeen = 10_000;
/** Records that are given shapes at once. */
const batch = 10;

type ShapeSeen = Pick<StoredShape, '_id' | 'leaving'> | undefined;

/**
 * The names of metadata that stand in records, each list of names once for all records with the same readers. A record says in
 * the write that makes or changes it which shape it has, so that a shape is in use exactly as long as a record says so; a shape
 * that no record has is removed. Nobody counts: counts go wrong where a process dies.
 */
@Injectable()
export class MetadataShapes {
  /** Shapes that were there a moment ago. */
  private readonly seen: AgedMap<true>;
  private readonly stored: AskedTogether<string, ShapeSeen>;
  /** The same for those who do not wait for it. */
  private readonly storedLater: AskedTogether<string, ShapeSeen>;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.stored = foundTogether(() => catalogue.metadataShapes, { leaving: 1 }, 0);
    this.storedLater = foundTogether(() => catalogue.metadataShapes, { leaving: 1 }, leisure);
    this.seen = new AgedMap(maxSeen, freshness, clock);
  }

  get shapes() {
    return this.catalogue.metadataShapes;
  }

  /**
   * Before a record says that it has the shape, and after it: a shape that was leaving meanwhile, because no record had it, is
   * there again.
   *
   * @returns whether it was not there
   */
  async ensure(shape: MetadataShape | undefined, look = this.stored): Promise<boolean> {
    if (shape === undefined) return false;
    const stored = await look.of(shape._id);
    if (stored !== undefined && stored.leaving === undefined) {
      this.seen.set(shape._id, true);
      return false;
    }
    const { _id, ...others } = shape;
    await this.shapes.updateOne(
      { _id },
      { $setOnInsert: { ...others, createdAt: this.clock.now() }, $unset: { leaving: '' } },
      { upsert: true },
    );
    return true;
  }

  /** As `ensure`, before the record says that it has the shape. */
  async prepare(shape: MetadataShape | undefined): Promise<void> {
    if (shape !== undefined && this.seen.get(shape._id) === undefined) await this.ensure(shape);
  }

  /**
   * As the last step of a creation, for which its answer does not wait: the shape was there right before the record was stored, and
   * who takes shapes away looks for records that have them.
   */
  async settleLater(shape: MetadataShape | undefined): Promise<void> {
    await this.settle(undefined, shape, this.storedLater);
  }

  /** As the last step of a change. The record is stored; what fails here the sweep repairs. */
  async settle(
    former: MetadataShape | undefined,
    now: MetadataShape | undefined,
    look = this.stored,
  ): Promise<void> {
    try {
      // It left after the record had been given it: the record may be gone as well, and whoever removed it has looked already.
      if ((await this.ensure(now, look)) && now !== undefined) await this.retire(now.collection, now._id);
      if (former !== undefined && former._id !== now?._id) await this.retire(former.collection, former._id);
    } catch (error) {
      this.logger.error({ error: messageOf(error) }, 'could not bring the names of metadata up to date');
    }
  }

  /**
   * Removes a shape that no record has. It is marked before the records are looked at: a write that gives it to a record afterwards
   * sees the mark, and takes it away, or finds the shape gone, and makes it again.
   */
  async retire(collection: ShapedCollection, _id: string): Promise<void> {
    if (await this.isUsed(collection, _id)) return;
    const leaving = newId();
    this.seen.delete(_id);
    await this.shapes.updateOne({ _id }, { $set: { leaving } });
    if (await this.isUsed(collection, _id))
      await this.shapes.updateOne({ _id, leaving }, { $unset: { leaving: '' } });
    else await this.shapes.deleteOne({ _id, leaving });
  }

  /**
   * Gives shapes to the records that have none: those of SciCat and of versions before, and those whose readers were changed
   * by a publication. Can be repeated, and run beside writes.
   */
  async fill(collection: ShapedCollection, stopping: AbortSignal): Promise<void> {
    const records = this.catalogue.records(collection);
    let ids: string[] = [];
    const flush = async (): Promise<void> => {
      await this.giveAll(collection, ids);
      ids = [];
      stillMoving();
    };
    const without = { [shapeField]: { $exists: false } };
    for await (const { _id } of records.find(without, { projection: { _id: 1 } })) {
      ids.push(_id);
      if (ids.length === batch) await flush();
      if (stopping.aborted) return;
    }
    await flush();
    await this.catalogue.upgrades.updateOne(
      { _id: markOf(collection) },
      { $setOnInsert: { at: this.clock.now() } },
      { upsert: true },
    );
  }

  /** Some at a time. One that takes none (it is as large as a document may be) is named in the log, and the others go on. */
  async giveAll(collection: ShapedCollection, ids: readonly string[]): Promise<void> {
    for (let start = 0; start < ids.length; start += batch)
      await Promise.all(
        ids.slice(start, start + batch).map((id) =>
          this.give(collection, id).catch((error: unknown) => {
            if (isDatabaseAway(error)) throw error;
            this.logger.error(
              { collection, id, error: messageOf(error) },
              'a record takes no names of metadata',
            );
          }),
        ),
      );
  }

  /** Gives a shape to a record that has none. A write that changes it meanwhile gives it one. */
  async give(collection: ShapedCollection, _id: string): Promise<void> {
    const records = this.catalogue.records(collection);
    const fields = [shapedCollections[collection], 'ownerGroup', 'accessGroups', 'isPublished', 'updatedAt'];
    const without = { _id, [shapeField]: { $exists: false } };
    const projection = Object.fromEntries(fields.map((name) => [name, 1 as const]));
    const record: Fields | null = await records.findOne(without, { projection });
    if (record === null) return;
    const shape = shapeOf(collection, record);
    await this.ensure(shape);
    const { matchedCount } = await records.updateOne(
      { ...without, updatedAt: record['updatedAt'] ?? { $exists: false } },
      { $set: { [shapeField]: shape?._id ?? '' } },
    );
    if (matchedCount === 0) await this.settle(shape, undefined);
    else await this.settle(undefined, shape);
  }

  /** The shapes that some records have now. */
  async idsOf(collection: ShapedCollection, ids: readonly string[]): Promise<string[]> {
    const found = await this.catalogue
      .records(collection)
      .find({ _id: { $in: [...ids] } }, { projection: { [shapeField]: 1 } })
      .toArray();
    const names = found.map((record) => record[shapeField]);
    return [...new Set(names.filter((id): id is string => typeof id === 'string' && id !== ''))];
  }

  /** Removes the shapes that a process which died left without a record. */
  async sweep(stopping: AbortSignal): Promise<void> {
    for await (const { _id, collection } of this.shapes.find({}, { projection: { collection: 1 } })) {
      if (stopping.aborted) return;
      await this.retire(collection, _id);
      stillMoving();
    }
  }

  /** Whether every record has been given its shape once. */
  async areComplete(collection: ShapedCollection): Promise<boolean> {
    return (await this.catalogue.upgrades.findOne({ _id: markOf(collection) })) !== null;
  }

  private async isUsed(collection: ShapedCollection, _id: string): Promise<boolean> {
    const records = this.catalogue.records(collection);
    return (await records.findOne({ [shapeField]: _id }, { projection: { _id: 1 } })) !== null;
  }
}

function markOf(collection: ShapedCollection): string {
  return `${shapeField} of ${collection}`;
}
