import { Injectable } from '@nestjs/common';
import { Clock, TransientError, wait } from '#kernel';
import { OutboxCollection, OutboxRelay, type OutboxRow } from '#outbox';
import { wordsFor } from '#scicat-database';
import { ChangeLog, type Change } from '../history/change-log.js';
import { isShaped, shapeField, shapeOf, type MetadataShape } from '../domain/metadata-shape.js';
import { MetadataShapes } from './metadata-shapes.js';
import { Catalogue, type CollectionName } from '../persistence/catalogue.js';
import { withoutOwnPart } from '../persistence/own-fields.js';
import { RemovedRecords } from '../record-index/removed-records.js';
import { checkPrecondition, type Precondition } from './preconditions.js';

/** Any record of SciCat's collections whose `_id` is its business id. */
export interface StoredRecord {
  _id: string;
  createdBy?: string;
  updatedBy?: string;
  createdAt?: Date;
  updatedAt?: Date;
  [field: string]: unknown;
}

/** What a change does to a stored record: fields to set (dotted names reach inside), to remove, messages about it. */
export interface Update {
  readonly set?: Readonly<Record<string, unknown>>;
  readonly unset?: readonly string[];
  readonly rows?: readonly OutboxRow[];
}

type HouseKeeping = 'createdBy' | 'updatedBy' | 'createdAt' | 'updatedAt' | '__v';

export interface ChangeRequest<R extends StoredRecord> {
  readonly id: string;
  /** User name of who changes. */
  readonly by: string;
  readonly precondition?: Precondition;
  /** Decides on the record as it is stored now; throws a Refusal where the caller may not. May run more than once. */
  readonly update: (stored: R) => Update;
  /** Asked after `update`: a further condition of the write, where it needs another's leave. */
  readonly admit?: (stored: R) => Promise<Readonly<Record<string, unknown>>>;
}

export interface InsertOptions<R extends StoredRecord> {
  readonly own?: Partial<R>;
  readonly consequences?: (record: R) => Promise<void>;
}

/** Attempts of a change that other changes get in the way of. */
const maxAttempts = 20;
const pauseMilliseconds = 20;

/**
 * The one way SciCat's records are written: house-keeping fields, preconditions, no lost updates, and the history of
 * each change, whichever endpoint it came through.
 */
@Injectable()
export class RecordStore {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly changes: ChangeLog,
    private readonly clock: Clock,
    private readonly shapes: MetadataShapes,
    private readonly relay: OutboxRelay,
    private readonly removals: RemovedRecords,
  ) {}

  /**
   * @param options own: Catena's own part, stored with it, neither in the answer nor in the history; consequences: what else
   * is written once it is stored
   * @throws MongoServerError 11000 when the id (or another unique field) is taken
   */
  async insert<R extends StoredRecord>(
    collection: CollectionName,
    fields: Omit<R, HouseKeeping> & { _id: string },
    by: string,
    { own = {}, consequences }: InsertOptions<R> = {},
  ): Promise<R> {
    const record = this.complemented<R>(fields, by);
    const shape = shapeFor(collection, record);
    await this.catalogue.whenSingle();
    await this.shapes.prepare(shape);
    try {
      await this.catalogue.store(collection, {
        ...record,
        ...own,
        ...wordsFor(collection, record),
        ...shapeNamed(collection, shape),
      });
    } catch (error) {
      await this.shapes.settle(shape, undefined);
      throw error;
    }
    void this.shapes.settleLater(shape);
    await Promise.all([this.write(collection, 'create', {}, record, by), consequences?.(record)]);
    return record;
  }

  /**
   * Fills a record that was announced as an empty one.
   *
   * @param options `condition`: what the empty one must still say; `unset`: what made it an empty one
   * @returns undefined when it is not there any more
   */
  async complete<R extends StoredRecord>(
    collection: CollectionName,
    fields: Omit<R, HouseKeeping> & { _id: string },
    { condition, unset, by }: { condition: Readonly<Record<string, unknown>>; unset: string; by: string },
  ): Promise<R | undefined> {
    const record = this.complemented<R>(fields, by);
    const { _id, ...others } = record;
    const { matchedCount } = await this.catalogue
      .records(collection)
      .updateOne(
        { ...condition, _id },
        { $set: { ...others, ...wordsFor(collection, record) }, $unset: { [unset]: '' } },
      );
    if (matchedCount === 0) return undefined;
    await this.write(collection, 'create', {}, record, by);
    return record;
  }

  /**
   * Changes one record. The write succeeds only on the version that `update` decided on; a change that came between
   * makes it decide again.
   *
   * @returns the record after the change, undefined when there is none with this id
   * @throws Refusal 412 when the precondition fails
   */
  async change<R extends StoredRecord>(
    collection: CollectionName,
    { id, by, precondition, update, admit }: ChangeRequest<R>,
  ): Promise<R | undefined> {
    const records = this.catalogue.records(collection);
    const changes = new OutboxCollection(records, this.relay, 'catena.outbox');
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const before = (await records.findOne(
        { _id: id },
        { projection: withoutOwnPart(collection) },
      )) as R | null;
      if (before === null) return undefined;
      const { set = {}, unset = [], rows } = update(before);
      if (precondition !== undefined) checkPrecondition(before, precondition);
      const condition = admit === undefined ? {} : await admit(before);
      const wanted = changed(before, set, unset);
      const shape = shapeFor(collection, wanted);
      await this.shapes.prepare(shape);
      const after = await changes.changeAndRead<R>(
        { ...condition, ...versionOf(before) },
        {
          $set: {
            ...set,
            ...wordsFor(collection, wanted),
            ...shapeNamed(collection, shape),
            updatedBy: by,
            updatedAt: this.later(before.updatedAt),
          },
          ...(unset.length === 0
            ? {}
            : { $unset: Object.fromEntries(unset.map((name) => [name, 1 as const])) }),
        },
        rows,
        withoutOwnPart(collection),
      );
      await this.shapes.settle(
        after === undefined ? shape : shapeFor(collection, before),
        after === undefined ? undefined : shape,
      );
      if (after !== undefined) {
        await this.write(collection, 'update', before, after, by);
        return after;
      }
      await wait(Math.random() * pauseMilliseconds * (attempt + 1));
    }
    throw new TransientError(
      'catalog.change-contended',
      `${collection} ${id} changes too often at the moment: nothing was changed, try again.`,
    );
  }

  /** @returns the removed record, undefined when there was none */
  async remove<R extends StoredRecord>(
    collection: CollectionName,
    id: string,
    by: string,
    condition: Readonly<Record<string, unknown>> = {},
  ): Promise<R | undefined> {
    if (collection === 'Dataset') await this.removals.announce(collection, id);
    const removed = (await this.catalogue
      .records(collection)
      .findOneAndDelete({ ...condition, _id: id }, { projection: withoutOwnPart(collection) })) as R | null;
    if (removed === null) return undefined;
    await this.shapes.settle(shapeFor(collection, removed), undefined);
    await this.write(collection, 'delete', removed, {}, by);
    return removed;
  }

  /** Removes many records in pieces, so that their history fits in memory. */
  async removeMany(
    collection: CollectionName,
    condition: Readonly<Record<string, unknown>>,
    by: string,
  ): Promise<number> {
    const records = this.catalogue.records(collection);
    if (!this.changes.tracks(collection)) return (await records.deleteMany(condition)).deletedCount;
    let count = 0;
    for (;;) {
      const piece = await records
        .find(condition, { projection: withoutOwnPart(collection) })
        .sort({ _id: 1 })
        .limit(100)
        .toArray();
      if (piece.length === 0) return count;
      count += (await records.deleteMany({ ...condition, _id: { $in: piece.map(({ _id }) => _id) } }))
        .deletedCount;
      await this.changes.write(
        piece.map((before) => changeOf(collection, 'delete', before as StoredRecord, {}, by)),
      );
    }
  }

  private complemented<R extends StoredRecord>(fields: object, by: string): R {
    const now = this.clock.now();
    return {
      ...fields,
      createdBy: by,
      updatedBy: by,
      createdAt: now,
      updatedAt: now,
      __v: 0,
    } as unknown as R;
  }

  /** Time never stands still for one record: its entity tag is made of it. */
  private later(previous: Date | undefined): Date {
    const now = this.clock.now();
    return previous instanceof Date && previous >= now ? new Date(previous.getTime() + 1) : now;
  }

  private write(
    collection: CollectionName,
    operation: Change['operation'],
    before: Record<string, unknown>,
    after: Record<string, unknown>,
    user: string,
  ): Promise<void> {
    return this.changes.write([changeOf(collection, operation, before, after, user)]);
  }
}

function changeOf(
  subsystem: CollectionName,
  operation: Change['operation'],
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  user: string,
): Change {
  return { subsystem, operation, before, after, user, documentId: String(before['_id'] ?? after['_id']) };
}

/** Records of old databases may have no time of change. */
function versionOf(record: StoredRecord): Record<string, unknown> {
  return { _id: record._id, updatedAt: record.updatedAt ?? { $exists: false } };
}

/** The record as the database will have it, but for the messages about it. */
function changed(
  before: StoredRecord,
  set: Readonly<Record<string, unknown>>,
  unset: readonly string[],
): object {
  const after: Record<string, unknown> = { ...before };
  for (const [path, value] of Object.entries(set)) place(after, path.split('.'), value);
  for (const path of unset) place(after, path.split('.'), undefined);
  return after;
}

function shapeFor(collection: CollectionName, record: object): MetadataShape | undefined {
  return isShaped(collection) ? shapeOf(collection, record as Record<string, unknown>) : undefined;
}

function shapeNamed(
  collection: CollectionName,
  shape: MetadataShape | undefined,
): Readonly<Record<string, string>> {
  return isShaped(collection) ? { [shapeField]: shape?._id ?? '' } : {};
}

/** Sets what a dotted name reaches, in copies of the objects on the way to it. */
function place(
  parent: Record<string, unknown>,
  [first = '', ...rest]: readonly string[],
  value: unknown,
): void {
  if (rest.length === 0) {
    parent[first] = value;
    return;
  }
  const inner = parent[first];
  const copy = (
    Array.isArray(inner) ? [...(inner as unknown[])] : { ...(inner as object | undefined) }
  ) as Record<string, unknown>;
  parent[first] = copy;
  place(copy, rest, value);
}
