import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import type { OwnedRecord } from '../domain/access.js';
import { decodeMetadataKeys } from '../domain/metadata-keys.js';
import { Catalogue } from '../persistence/catalogue.js';

type Fields = Record<string, unknown>;

/** Where each kind of record is, and where in it the metadata. */
const sources = {
  dataset: { collection: 'Dataset', field: 'scientificMetadata' },
  proposal: { collection: 'Proposal', field: 'metadata' },
  sample: { collection: 'Sample', field: 'sampleCharacteristics' },
  instrument: { collection: 'Instrument', field: 'customMetadata' },
} as const;
/** Rounds of one record that changes again and again meanwhile; the change after them makes its own. */
const mostRounds = 5;

export type MetadataSourceType = keyof typeof sources;

export interface MetadataSource extends OwnedRecord {
  readonly _id: string;
  readonly updatedBy?: string;
  readonly updatedAt?: Date;
}

/** Keeps the collection of metadata keys in step with the records that have them, for the search forms of clients. */
@Injectable()
export class MetadataKeys {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Makes the keys those of the record as it is now: after its creation and after every change. A record that is stored
   * stays stored when its keys cannot be; the operator hears of it and the next change repairs it.
   *
   * @param options isNew: the record was made just now, so that there are no keys of former metadata to remove
   */
  async sync(
    sourceType: MetadataSourceType,
    source: MetadataSource,
    { isNew = false }: { readonly isNew?: boolean } = {},
  ): Promise<void> {
    await this.quietly(sourceType, source._id, async () => {
      let current = source;
      for (let round = 0; round < mostRounds; round += 1) {
        await this.write(sourceType, current, isNew && round === 0);
        const now = await this.sourceOf(sourceType, source._id);
        if (now === undefined) return this.forget(sourceType, source._id);
        // Another change came between and its keys may have been written before ours.
        if (now.updatedAt?.getTime() === current.updatedAt?.getTime()) return;
        current = now;
      }
    });
  }

  /** Forgets the keys of a removed record. */
  async remove(sourceType: MetadataSourceType, id: string): Promise<void> {
    await this.quietly(sourceType, id, () => this.forget(sourceType, id));
  }

  private async forget(sourceType: MetadataSourceType, id: string): Promise<void> {
    await this.catalogue.records('MetadataKeys').deleteMany({ sourceType, sourceId: id });
  }

  private async write(
    sourceType: MetadataSourceType,
    source: MetadataSource,
    isFirst: boolean,
  ): Promise<void> {
    const entries = entriesOf(sourceType, source);
    const keys = this.catalogue.records('MetadataKeys');
    const ids = entries.map(([key]) => idOf(sourceType, source._id, key));
    // A new record has no keys of former metadata.
    if (!isFirst) await keys.deleteMany({ sourceType, sourceId: source._id, _id: { $nin: ids } });
    if (entries.length > 0)
      await keys.bulkWrite(
        entries.map(([key, entry]) => this.upsertOf(sourceType, source, key, entry)),
        { ordered: false },
      );
  }

  private async sourceOf(sourceType: MetadataSourceType, id: string): Promise<MetadataSource | undefined> {
    const { collection, field } = sources[sourceType];
    const names = [field, 'ownerGroup', 'accessGroups', 'isPublished', 'updatedBy', 'updatedAt'];
    const projection = Object.fromEntries(names.map((name) => [name, 1]));
    const found = await this.catalogue.records(collection).findOne({ _id: id }, { projection });
    return (found as MetadataSource | null) ?? undefined;
  }

  private upsertOf(sourceType: MetadataSourceType, source: MetadataSource, key: string, entry: unknown) {
    const id = idOf(sourceType, source._id, key);
    const by = source.updatedBy ?? 'unknown';
    const now = this.clock.now();
    return {
      updateOne: {
        filter: { _id: id },
        update: {
          $set: {
            ...audienceOf(sourceType, source),
            humanReadableName: humanName(entry),
            updatedBy: by,
            updatedAt: now,
          },
          $setOnInsert: {
            id,
            key,
            sourceType,
            sourceId: source._id,
            createdBy: by,
            createdAt: now,
            __v: 0,
          },
        },
        upsert: true,
      },
    };
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

function humanName(entry: unknown): string {
  const name = (entry as { human_name?: unknown } | null | undefined)?.human_name;
  return typeof name === 'string' ? name : '';
}
