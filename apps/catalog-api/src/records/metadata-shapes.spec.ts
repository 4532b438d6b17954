import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import { shapeField, shapeOf } from '../domain/metadata-shape.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { MetadataShapes } from './metadata-shapes.js';

const sample = {
  sampleCharacteristics: { colour: 1 },
  ownerGroup: 'g',
  accessGroups: [],
  isPublished: false,
};
const shape = shapeOf('Sample', sample)!;

describe('The names of metadata', () => {
  let catalogue: Catalogue;
  let shapes: MetadataShapes;
  beforeEach(() => {
    catalogue = memoryCatalogue();
    shapes = new MetadataShapes(catalogue, new ManualClock(), createLogger('metadata-shapes', 'silent'));
  });
  const stored = (): Promise<number> => catalogue.metadataShapes.countDocuments({ _id: shape._id });

  it('stay while a record has them, and go with the last one', async () => {
    await catalogue.records('Sample').insertOne({ _id: 's', ...sample, [shapeField]: shape._id });
    await shapes.settle(undefined, shape);
    assert.equal(await stored(), 1);
    await catalogue.records('Sample').deleteOne({ _id: 's' });
    await shapes.settle(shape, undefined);
    assert.equal(await stored(), 0);
  });

  it('are there again when they left while a record was being stored that has them, soon after it is stored', async () => {
    await shapes.prepare(shape);
    // The record before it goes, and nobody has them at this moment.
    await shapes.settle(shape, undefined);
    assert.equal(await stored(), 0);
    await catalogue.records('Sample').insertOne({ _id: 's', ...sample, [shapeField]: shape._id });
    await shapes.settleLater(shape);
    assert.equal(await stored(), 1);
  });

  it('do not stay when a record was removed between the write that gave it them and its last step', async () => {
    await shapes.settle(shape, undefined);
    await shapes.settle(undefined, shape);
    assert.equal(await stored(), 0);
  });
});
