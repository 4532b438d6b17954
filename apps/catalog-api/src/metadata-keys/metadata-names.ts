import { Inject, Injectable } from '@nestjs/common';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { both, type Condition } from '../domain/access.js';
import {
  audienceFields,
  shapedCollections,
  shapeField,
  type ShapedCollection,
} from '../domain/metadata-shape.js';
import { chosenPaths, dottedPaths, type PathsWanted } from '../domain/metadata-paths.js';
import { Catalogue } from '../persistence/catalogue.js';
import { inOrder } from '../persistence/insertion-order.js';
import { MetadataShapes } from '../records/metadata-shapes.js';

export interface NamesAsked {
  /** Which records, the caller's rights included. */
  readonly condition: Readonly<Record<string, unknown>>;
  /** A page of records, where the caller asks for one. */
  readonly page?:
    | { readonly limit: number; readonly skip: number; readonly sort: Record<string, 1 | -1> | undefined }
    | undefined;
}

/** Matching records whose shapes are read, where the condition is about more than their readers. */
const maxRecords = 100_000;
/** Different lists of names in one answer. */
const maxShapes = 20_000;
/** Lists of names that are held at once. */
const batch = 50;

type Digested = { readonly id: string };

/** Answers `metadataKeys`: dotted paths of the metadata of the records that the caller may search. */
@Injectable()
export class MetadataNames {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly shapes: MetadataShapes,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /** All of them, those of the newest records first; of a page of records where the caller asks for one. */
  async of(
    collection: ShapedCollection,
    asked: NamesAsked,
    wanted: Omit<PathsWanted, 'limit'>,
  ): Promise<string[]> {
    const { records, paths: limit } = this.config.metadataPaths;
    const isPage = asked.page !== undefined || !(await this.shapes.areComplete(collection));
    const { skip = 0, sort = { createdAt: -1 as const }, limit: most = records } = asked.page ?? {};
    const page = { skip, sort, limit: Math.min(most || records, records) };
    const lists = isPage
      ? this.inPage(collection, asked.condition, page)
      : this.inShapes(collection, asked.condition);
    return chosenPaths(lists, { ...wanted, limit });
  }

  private async *inPage(
    collection: ShapedCollection,
    condition: NamesAsked['condition'],
    { skip, sort, limit }: NonNullable<NamesAsked['page']>,
  ): AsyncGenerator<readonly string[]> {
    const field = shapedCollections[collection];
    const found = this.catalogue
      .records(collection)
      .find(condition, { projection: { _id: 0, [field]: 1 } })
      .sort(inOrder(sort))
      .skip(skip)
      .limit(limit);
    for await (const record of found) yield dottedPaths((record as Record<string, unknown>)[field]);
  }

  private async *inShapes(
    collection: ShapedCollection,
    condition: NamesAsked['condition'],
  ): AsyncGenerator<readonly string[]> {
    const ids = isAboutReaders(condition)
      ? await this.shapesOf(both({ collection }, condition))
      : await this.shapesOfRecords(collection, condition);
    for (let start = 0; start < ids.length; start += batch) {
      const some = ids.slice(start, start + batch);
      const found = await this.shapes.shapes
        .find({ _id: { $in: some } }, { projection: { paths: 1 } })
        .toArray();
      const paths = new Map(found.map((shape) => [shape._id, shape.paths]));
      for (const id of some) yield paths.get(id) ?? [];
    }
  }

  /** Each list of names once, however many audiences it has. */
  private async shapesOf(condition: Condition): Promise<string[]> {
    const found = await this.shapes.shapes
      .aggregate<Digested>([
        { $match: condition },
        { $group: { _id: '$digest', id: { $first: '$_id' }, newest: { $max: '$createdAt' } } },
        { $sort: { newest: -1, _id: 1 } },
        { $limit: maxShapes },
      ])
      .toArray();
    return found.map(({ id }) => id);
  }

  private async shapesOfRecords(
    collection: ShapedCollection,
    condition: NamesAsked['condition'],
  ): Promise<string[]> {
    const found = await this.catalogue
      .records(collection)
      .aggregate<{ _id: unknown }>([
        { $match: condition },
        { $sort: { createdAt: -1, _id: -1 } },
        { $limit: maxRecords },
        { $group: { _id: `$${shapeField}`, newest: { $max: '$createdAt' } } },
        { $sort: { newest: -1, _id: 1 } },
        { $limit: maxShapes },
      ])
      .toArray();
    return found.map(({ _id }) => _id).filter((id): id is string => typeof id === 'string' && id !== '');
  }
}

/** Whether a condition speaks of nothing but what shapes have as well as records. */
function isAboutReaders(condition: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(condition).every(([name, value]) =>
    name.startsWith('$')
      ? ['$and', '$or', '$nor'].includes(name) &&
        Array.isArray(value) &&
        value.every((part) => isAboutReaders(part as Record<string, unknown>))
      : audienceFields.has(name),
  );
}
