import { wordsField } from '#scicat-database';
import { shapeField } from '../domain/metadata-shape.js';

type Projection = Record<string, 0 | 1>;

/** What an announced write adds to its block until it is carried out. */
export const intentField = 'catenaIntent';

/** What Catena keeps inside SciCat's records: nobody's business outside. */
const ownFields: readonly string[] = ['catena', wordsField, intentField, shapeField];

/** The projection without Catena's own fields, whatever it asks for. */
export function withoutOwnFields(projection: Readonly<Projection> = {}): Projection {
  const asked = Object.entries(projection).filter(([name]) => !ownFields.includes(name.split('.')[0]!));
  // Nothing but Catena's own was asked for: that is nothing, not everything.
  if (asked.length === 0 && Object.values(projection).includes(1)) return { _id: 1 };
  const isOnlyId = asked.length > 0 && asked.every(([name, shown]) => name === '_id' && shown === 1);
  const names = isOnlyId || asked.some(([name, shown]) => shown === 1 && name !== '_id');
  const hidden = names ? [] : ownFields.map((name) => [name, 0] as const);
  return Object.fromEntries([...asked, ...hidden]);
}

/**
 * For writes: what they decide on and answer. Catena's own part of a dataset is written by nobody who changes the dataset, and
 * stays in the database; of other records it is needed.
 */
export function withoutOwnPart(collection: string): Projection {
  return collection === 'Dataset' ? withoutOwnFields() : { ...withoutWords, [shapeField]: 0 };
}

/** For records of which Catena's own part is needed: all but the words, which are as large as the record. */
export const withoutWords = { [wordsField]: 0 } as const;
