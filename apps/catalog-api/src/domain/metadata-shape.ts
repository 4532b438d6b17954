import { createHash } from 'node:crypto';
import { dottedPaths } from './metadata-paths.js';

type Fields = Readonly<Record<string, unknown>>;

/** Where a record says which shape its metadata have; no answer shows it. */
export const shapeField = 'catenaKeys';

/** Collections whose metadata are searched by their keys, and the fields that hold them. */
export const shapedCollections = { Dataset: 'scientificMetadata', Sample: 'sampleCharacteristics' } as const;
export type ShapedCollection = keyof typeof shapedCollections;

/** What records with the same names of metadata, and the same readers, have in common. */
export interface MetadataShape {
  readonly _id: string;
  readonly collection: ShapedCollection;
  readonly ownerGroup: string;
  readonly accessGroups: readonly string[];
  readonly isPublished: boolean;
  /** Digest of the paths: of several audiences one is read. */
  readonly digest: string;
  readonly paths: readonly string[];
}

/** Fields of records that shapes have too: conditions on them are answered from shapes. */
export const audienceFields: ReadonlySet<string> = new Set(['ownerGroup', 'accessGroups', 'isPublished']);

/** Another number makes other shapes of the same records. */
const form = 1;
/** Characters of all paths of a shape: no document takes much more. */
const maxCharacters = 4_000_000;

export function isShaped(collection: string): collection is ShapedCollection {
  return Object.hasOwn(shapedCollections, collection);
}

/** The shape of a record; undefined where its metadata have no names. */
export function shapeOf(collection: ShapedCollection, record: Fields): MetadataShape | undefined {
  const paths = bounded(dottedPaths(record[shapedCollections[collection]]));
  if (paths.length === 0) return undefined;
  const { ownerGroup, accessGroups, isPublished } = record;
  const audience = {
    ownerGroup: typeof ownerGroup === 'string' ? ownerGroup : '',
    accessGroups: [...new Set(Array.isArray(accessGroups) ? accessGroups.map(String) : [])].sort(),
    isPublished: isPublished === true,
  };
  const digest = digestOf([...paths].sort());
  return { _id: digestOf([form, collection, audience, digest]), collection, ...audience, digest, paths };
}

function bounded(paths: readonly string[]): readonly string[] {
  let room = maxCharacters;
  const end = paths.findIndex((path) => (room -= path.length) < 0);
  return end === -1 ? paths : paths.slice(0, end);
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}
