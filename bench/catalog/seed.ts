import { mongo } from 'mongoose';
import { catalogueIndexes, wordsField, wordsFor, wordsForm } from '#scicat-database';
import { shapeField, shapeOf, type MetadataShape } from '../../apps/catalog-api/src/domain/metadata-shape.js';

type Stored = { _id: string; [field: string]: unknown };

/**
 * Stores records as catalog-api does, words and all: one that has to bring them up to date first would do so while it is measured.
 * They are inserted many at a time, and indexed after that.
 */
export async function seed(
  database: mongo.Db,
  collection: 'Dataset' | 'Job',
  size: number,
  stored: (index: number) => Stored,
): Promise<void> {
  const batch = 1000;
  const begun = performance.now();
  const records = database.collection<Stored>(collection);
  const shapes = new Map<string, MetadataShape>();
  for (let index = 0; index < size; index += batch)
    await records.insertMany(
      Array.from({ length: Math.min(batch, size - index) }, (_, place) => {
        const record = stored(index + place);
        const shape = collection === 'Dataset' ? shapeOf(collection, record) : undefined;
        if (shape !== undefined) shapes.set(shape._id, shape);
        const keys = collection === 'Dataset' ? { [shapeField]: shape?._id ?? '' } : {};
        return { ...record, ...wordsFor(collection, record), ...keys };
      }),
      { ordered: false },
    );
  if (shapes.size > 0)
    await database
      .collection<{ _id: string }>('catena_metadata_shapes')
      .insertMany([...shapes.values()].map((shape) => ({ ...shape, createdAt: new Date() })));
  console.log(`${size} of ${collection}: inserted in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
}

/** All indexes, and the marks that nothing is to be brought up to date. */
export async function index(database: mongo.Db): Promise<void> {
  const begun = performance.now();
  for (const { collection, keys, name, options } of catalogueIndexes)
    await database.collection(collection).createIndex(keys, { name, ...options });
  const words = ['Dataset', 'PublishedData', 'Job', 'Proposal', 'Sample', 'OrigDatablock'];
  const marks = [
    ...words.map((collection) => `${wordsField} ${wordsForm} of ${collection}`),
    ...['Dataset', 'Sample'].map((collection) => `${shapeField} of ${collection}`),
  ];
  await database
    .collection<{ _id: string; at: Date }>('catena_upgrades')
    .insertMany(marks.map((_id) => ({ _id, at: new Date() })));
  console.log(`indexed in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
}
