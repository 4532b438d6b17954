import { Inject, Injectable } from '@nestjs/common';
import { AskedTogether, Clock, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { isDuplicateKey } from '#persistence';
import type { OwnedRecord } from '../domain/access.js';
import { decodeMetadataKeys } from '../domain/metadata-keys.js';
import { KeysOwed } from './keys-owed.js';
import { Catalogue, type StoredFields } from '../persistence/catalogue.js';
import { foundTogether, leisure } from '../persistence/found-together.js';

type Fields = Record<string, unknown>;

/** Where each kind of record is, and where in it the metadata. */
const sources = {
  dataset: { collection: 'Dataset', field: 'scientificMetadata' },
  proposal: { collection: 'Proposal', field: 'metadata' },
  sample: { collection: 'Sample', field: 'sampleCharacteristics' },
  instrument: { collection: 'Instrument', field: 'customMetadata' },
} as const;
/** Rounds of one record that changes again and again meanwhile; the change after them makes its own. */
const maxRounds = 5;
/** Keys that are removed at once. */
const batch = 1000;

/** Keys of one record that are stored with those of others. */
const maxTogether = 100;

interface Stamp {
  readonly _id: string;
  readonly updatedAt?: Date;
}

export type MetadataSourceType = keyof typeof sources;
type Stamps = Readonly<Record<MetadataSourceType, AskedTogether<string, Stamp | undefined>>>;

export interface MetadataSource extends OwnedRecord {
  readonly _id: string;
  readonly updatedBy?: string;
  readonly updatedAt?: Date;
}

/** How keys are written: with those of others, and then a look whether another change came between. */
interface Way {
  readonly rows: AskedTogether<readonly StoredFields[], void>;
  readonly stamps: Stamps;
}

/** Keeps the collection of metadata keys in step with the records that have them, for the search forms of clients. */
@Injectable()
export class MetadataKeys {
  private readonly atOnce: Way;
  /** For those who do not wait for it. */
  private readonly later: Way;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
    private readonly owed: KeysOwed,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.atOnce = wayIn(catalogue, 0);
    this.later = wayIn(catalogue, leisure);
  }

  /**
   * Makes the keys those of the record as it is now: after its creation and after every change. A record that is stored
   * stays stored when its keys cannot be; the operator hears of it and the next change repairs it.
   */
  async sync(sourceType: MetadataSourceType, source: MetadataSource): Promise<void> {
    await this.quietly(sourceType, source._id, () => this.writeAndCheck(sourceType, source, this.atOnce));
  }

  /** Before a dataset is stored: should this process end before its keys are written, another one writes them. */
  announceNew(): Promise<void> {
    return this.owed.announce();
  }

  /**
   * As {@link sync}, of a new dataset, which has no keys of former metadata: soon, and whoever made it does not wait. Who reads keys here
   * waits for them.
   */
  async syncNew(dataset: MetadataSource): Promise<void> {
    const count = entriesOf('dataset', dataset).length;
    if (count === 0) return;
    const write = (way: Way): Promise<void> =>
      this.quietly('dataset', dataset._id, () => this.writeAndCheck('dataset', dataset, way, true));
    // What waits for its turn is in memory: of a dataset with many keys nothing waits.
    if (count > maxTogether) return write(this.atOnce);
    try {
      await this.owed.owe(() => write(this.later));
    } catch {
      // Nobody would know of them later.
      await write(this.atOnce);
    }
  }

  /** The same, of the record as it is stored. @throws whatever the database says */
  async syncStored(sourceType: MetadataSourceType, id: string): Promise<void> {
    const source = await this.sourceOf(sourceType, id);
    if (source !== undefined) await this.writeAndCheck(sourceType, source, this.atOnce);
  }

  private async writeAndCheck(
    sourceType: MetadataSourceType,
    source: MetadataSource,
    way: Way,
    isFirst = false,
  ): Promise<void> {
    await this.write(sourceType, source, way, isFirst);
    await this.check(sourceType, source, way);
  }

  /** Another change may have come between, and its keys may have been written before ours. */
  private async check(sourceType: MetadataSourceType, source: MetadataSource, way: Way): Promise<void> {
    let current = source;
    for (let round = 0; round < maxRounds; round += 1) {
      const stamp = await way.stamps[sourceType].of(current._id);
      if (stamp !== undefined && stamp.updatedAt?.getTime() === current.updatedAt?.getTime()) return;
      const now = await this.sourceOf(sourceType, source._id);
      if (now === undefined) return this.forget(sourceType, source._id);
      await this.write(sourceType, now, this.atOnce, false);
      current = now;
    }
  }

  /** Forgets the keys of a removed record. */
  async remove(sourceType: MetadataSourceType, id: string): Promise<void> {
    await this.quietly(sourceType, id, () => this.forget(sourceType, id));
  }

  private async forget(sourceType: MetadataSourceType, id: string): Promise<void> {
    await this.catalogue.records('MetadataKeys').deleteMany({ sourceType, sourceId: id });
  }

  /**
   * Writes what is different, in as few operations as there are kinds of difference: a record may have twenty thousand keys, of
   * which a change touches one.
   */
  private async write(
    sourceType: MetadataSourceType,
    source: MetadataSource,
    { rows: together }: Way,
    isFirst: boolean,
  ): Promise<void> {
    const keys = this.catalogue.records('MetadataKeys');
    const wanted = new Map(
      entriesOf(sourceType, source).map(([key, entry]) => [
        idOf(sourceType, source._id, key),
        { key, humanReadableName: humanName(entry) },
      ]),
    );
    // A new record has no keys of former metadata.
    const stored = isFirst ? new Map<string, unknown>() : await this.namesOf(sourceType, source._id);
    const gone = [...stored.keys()].filter((id) => !wanted.has(id));
    for (let start = 0; start < gone.length; start += batch)
      await keys.deleteMany({ _id: { $in: gone.slice(start, start + batch) } });
    const [by, now, audience] = [
      source.updatedBy ?? 'unknown',
      this.clock.now(),
      audienceOf(sourceType, source),
    ];
    const made = [...wanted].filter(([id]) => !stored.has(id));
    const ofAll = { ...audience, updatedBy: by, updatedAt: now, createdBy: by, createdAt: now, __v: 0 };
    const rows = made.map(([_id, names]) => ({
      ...{ _id, id: _id, ...names, sourceType, sourceId: source._id },
      ...ofAll,
    }));
    if (rows.length > maxTogether) await keys.insertMany(rows, { ordered: false }).catch(unlessAllThere);
    else if (rows.length > 0) await together.of(rows);
    const renamed = [...wanted].filter(
      ([id, { humanReadableName }]) => stored.has(id) && stored.get(id) !== humanReadableName,
    );
    if (renamed.length > 0)
      await keys.bulkWrite(
        renamed.map(([_id, { humanReadableName }]) => ({
          updateOne: { filter: { _id }, update: { $set: { humanReadableName } } },
        })),
        { ordered: false },
      );
    if (isFirst) return;
    await keys.updateMany(
      { sourceType, sourceId: source._id, ...otherAudience(audience) },
      { $set: { ...audience, updatedBy: by, updatedAt: now } },
    );
  }

  /** The keys that are stored of a record, by their ids, with their names for people. */
  private async namesOf(sourceType: MetadataSourceType, sourceId: string): Promise<Map<string, unknown>> {
    const rows = await this.catalogue
      .records('MetadataKeys')
      .find({ sourceType, sourceId }, { projection: { humanReadableName: 1 } })
      .toArray();
    return new Map(rows.map(({ _id, humanReadableName }) => [_id, humanReadableName]));
  }

  private async sourceOf(sourceType: MetadataSourceType, id: string): Promise<MetadataSource | undefined> {
    const { collection, field } = sources[sourceType];
    const names = [field, 'ownerGroup', 'accessGroups', 'isPublished', 'updatedBy', 'updatedAt'];
    const projection = Object.fromEntries(names.map((name) => [name, 1]));
    const found = await this.catalogue.records(collection).findOne({ _id: id }, { projection });
    return (found as MetadataSource | null) ?? undefined;
  }

  private async quietly(sourceType: string, sourceId: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.error(
        { sourceType, sourceId, error: messageOf(error) },
        'could not bring the metadata keys of a record up to date',
      );
    }
  }
}

function wayIn(catalogue: Catalogue, gathering: number): Way {
  const rows = new AskedTogether<readonly StoredFields[], void>(
    async (some) => {
      const keys = catalogue.records('MetadataKeys');
      await keys.insertMany(some.flat(), { ordered: false }).catch(unlessAllThere);
      return [];
    },
    { gathering },
  );
  return { rows, stamps: stampsIn(catalogue, gathering) };
}

function stampsIn(catalogue: Catalogue, gathering: number): Stamps {
  const stampsOf = (sourceType: MetadataSourceType) =>
    foundTogether<Stamp>(
      () => catalogue.records(sources[sourceType].collection),
      { updatedAt: 1 },
      gathering,
    );
  return {
    dataset: stampsOf('dataset'),
    proposal: stampsOf('proposal'),
    sample: stampsOf('sample'),
    instrument: stampsOf('instrument'),
  };
}

function idOf(sourceType: string, sourceId: string, key: string): string {
  return `${sourceType}_${sourceId}_${key}`;
}

function entriesOf(sourceType: MetadataSourceType, source: MetadataSource): [string, unknown][] {
  const metadata = (source as unknown as Fields)[sources[sourceType].field];
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return [];
  return Object.entries(decodeMetadataKeys(metadata as Fields));
}

/** Instruments have no groups: everybody may read them, and so their keys. */
function audienceOf(
  sourceType: MetadataSourceType,
  { ownerGroup, accessGroups = [], isPublished }: MetadataSource,
): { userGroups: string[]; isPublished: boolean } {
  const groups = [ownerGroup, ...accessGroups].filter((group) => group !== undefined && group !== '');
  return {
    userGroups: [...new Set(groups as string[])],
    isPublished: sourceType === 'instrument' || isPublished === true,
  };
}

function otherAudience({ userGroups, isPublished }: { userGroups: string[]; isPublished: boolean }): Fields {
  return { $or: [{ userGroups: { $ne: userGroups } }, { isPublished: { $ne: isPublished } }] };
}

/** Another change of the record has written them already: it is looked at again. */
function unlessAllThere(error: unknown): void {
  if (!isDuplicateKey(error)) throw error;
}

function humanName(entry: unknown): string {
  const name = (entry as { human_name?: unknown } | null | undefined)?.human_name;
  return typeof name === 'string' ? name : '';
}
