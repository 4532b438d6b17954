import { safeRelativePath } from '#kernel';
import { rightsOfFiles, rightsOfFolders, type Attributes, type Ownership } from './attributes.js';

export interface StoredCollection {
  readonly name: string;
  readonly documents: number;
  /** Documents one after the other, as `mongorestore` reads them; in the order of their ids. */
  readonly file: string;
  readonly sha256: string;
}

export interface StoredDatabase {
  readonly name: string;
  readonly collections: readonly StoredCollection[];
}

export interface StoredFile {
  /** In the bucket or on the share. */
  readonly path: string;
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  /** Of files on shares; absent in backups of before, whose files carry time and rights themselves. */
  readonly attributes?: Attributes | undefined;
}

export interface StoredFolder extends Ownership {
  readonly path: string;
}

export interface StoredShare {
  readonly root: string;
  readonly files: readonly StoredFile[];
  /** Absent in backups of before. */
  readonly folders?: readonly StoredFolder[] | undefined;
}

/** A target of ROUTES_FILE whose copies are in no backup of ours. */
export interface TargetLeftOut {
  readonly name: string;
  readonly kind: string;
}

/** What a backup holds, written last: a folder without it is none. */
export interface Manifest {
  readonly format: typeof backupFormat;
  readonly createdAt: string;
  readonly databases: readonly StoredDatabase[];
  readonly control: { readonly bucket: string; readonly objects: readonly StoredFile[] } | undefined;
  readonly shares: readonly StoredShare[];
  /** What it does not hold; absent in backups of before. */
  readonly notIncluded?: readonly TargetLeftOut[] | undefined;
}

export const backupFormat = 'catena-backup-1';

/** Whoever can write to the folder of a backup can write anything there, and a restore is run by root. */
export function manifestFrom(value: unknown): Manifest {
  return manifest(value, 'the backup');
}

/** Takes a value as what it must be. @throws Error that names its place */
type Reader<T> = (value: unknown, place: string) => T;

const text = reader('a text', (value): value is string => typeof value === 'string');
const name = reader('a name', (value): value is string => typeof value === 'string' && value !== '');
const amount = reader('a whole number from 0 on', isAmount);
const rights = (allowed: number): Reader<number> =>
  reader(
    `rights within ${allowed.toString(8)} (octal)`,
    (value): value is number => isAmount(value) && value <= allowed && (value & ~allowed) === 0,
  );
const digest = reader(
  'a SHA-256',
  (value): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
);
const moment = reader(
  'a time',
  (value): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
);
const path = reader('a path that stays below its folder', isSafePath);
const format = reader(
  `the format ${backupFormat}`,
  (value): value is typeof backupFormat => value === backupFormat,
);

const owner = { uid: amount, gid: amount };
const attributes = fields<Attributes>({ ...owner, mode: rights(rightsOfFiles), modifiedAt: moment });
const kept = { file: path, size: amount, sha256: digest };
const object = fields<StoredFile>({ ...kept, path: name, attributes: optional(attributes) });
const file = fields<StoredFile>({ ...kept, path, attributes: optional(attributes) });
const folder = fields<StoredFolder>({ ...owner, mode: rights(rightsOfFolders), path });
const share = fields<StoredShare>({ root: name, files: listOf(file), folders: optional(listOf(folder)) });
const collection = fields<StoredCollection>({ name, documents: amount, file: path, sha256: digest });
const database = fields<StoredDatabase>({ name, collections: listOf(collection) });
const control = fields<NonNullable<Manifest['control']>>({ bucket: name, objects: listOf(object) });
const leftOut = fields<TargetLeftOut>({ name, kind: name });
const manifest = fields<Manifest>({
  ...{ format, createdAt: text, control: optional(control) },
  ...{ databases: listOf(database), shares: listOf(share), notIncluded: optional(listOf(leftOut)) },
});

function isAmount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSafePath(value: unknown): value is string {
  try {
    return typeof value === 'string' && safeRelativePath(value) === value;
  } catch {
    return false;
  }
}

function reader<T>(expected: string, is: (value: unknown) => value is T): Reader<T> {
  return (value, place) => {
    if (is(value)) return value;
    throw new Error(`${place}, which should be ${expected}, is ${excerptOf(value)}`);
  };
}

function excerptOf(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 200);
}

function listOf<T>(item: Reader<T>): Reader<readonly T[]> {
  const list = reader('a list', (value): value is unknown[] => Array.isArray(value));
  return (value, place) =>
    list(value, place).map((one, index) => item(one, `number ${index + 1} of ${place}`));
}

function fields<T extends object>(readers: { readonly [Name in keyof T]-?: Reader<T[Name]> }): Reader<T> {
  const record = reader(
    'an object',
    (value): value is Record<string, unknown> => typeof value === 'object' && value !== null,
  );
  return (value, place) => {
    const found = record(value, place);
    const read = Object.entries<Reader<unknown>>(readers).map(([field, readField]) => [
      field,
      readField(found[field], `${field} of ${place}`),
    ]);
    return Object.fromEntries(read) as T;
  };
}

function optional<T>(present: Reader<T>): Reader<T | undefined> {
  return (value, place) => (value === undefined ? undefined : present(value, place));
}
