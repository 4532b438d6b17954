import type mongoose from 'mongoose';
import { messageOf, wait } from '#kernel';
import type { Logger } from '#observability';
import { isDatabaseAway } from '#persistence';
import { supersededTextIndex, type CatalogueIndex, type StoredTextIndex } from '#scicat-database';
import { fillWordLists } from './word-lists.js';

/** An index as the database tells it. */
type Stored = StoredTextIndex & { readonly name: string; readonly unique?: boolean };

/**
 * Makes the indexes that a catalogue lacks. One look for each collection tells what is there: a start on a database of ours asks for
 * no index at all, and one on a new database asks for all of a collection at once.
 */
export class CatalogueIndexing {
  constructor(
    private readonly database: mongoose.Connection,
    private readonly stopping: AbortSignal,
    private readonly logger: Logger,
  ) {}

  /** Collection by collection, in their order. Returns early when the process stops. */
  async make(indexes: readonly CatalogueIndex[]): Promise<void> {
    for (const collection of new Set(indexes.map(({ collection }) => collection)))
      await this.makeAll(
        collection,
        indexes.filter((index) => index.collection === collection),
      );
  }

  private async makeAll(collection: string, indexes: readonly CatalogueIndex[]): Promise<void> {
    const there = (await this.persistently(collection, {}, () => this.stored(collection))) ?? [];
    const missing = indexes.filter((index) => !there.some((one) => isThis(index, one)));
    const plain = missing.filter(({ keys }) => !isForWords(keys));
    // What cannot be made with the others is made, or refused and told of, by itself.
    if (plain.length > 1 && !(await this.madeTogether(collection, plain)))
      for (const index of plain) await this.makeOne(index);
    else if (plain.length === 1) await this.makeOne(plain[0]!);
    const isThere = ({ name }: Stored): boolean => indexes.some(({ replaces }) => replaces === name);
    for (const { name } of there.filter(isThere)) await this.drop(collection, name);
    for (const index of indexes.filter(({ keys }) => isForWords(keys))) await this.makeForWords(index);
  }

  /** Without the unique ones two jobs could hold one dataset: a database that is away is waited for. */
  private async makeOne({ collection, name, keys, options }: CatalogueIndex): Promise<void> {
    await this.persistently(collection, { index: name }, async () => {
      try {
        await this.database.collection(collection).createIndex(keys, { name, ...options });
      } catch (error) {
        if (!isSameIndexUnderAnotherName(error)) throw error;
      }
    });
  }

  private async makeForWords({ collection, name, keys, options }: CatalogueIndex): Promise<void> {
    await this.persistently(collection, { index: name }, async () => {
      // First: until all records have words, the index of an earlier version finds more.
      await fillWordLists(this.database, collection, this.stopping, this.logger);
      if (this.stopping.aborted) return;
      const records = this.database.collection(collection);
      // A collection has one text index at most: one with the options of an earlier version makes room for ours.
      const old = supersededTextIndex(await this.stored(collection));
      if (old !== undefined) {
        this.logger.warn({ collection, index: old }, 'the word index is made again, with options of our own');
        // Another instance may have been quicker; ours has another name, so nobody drops that one.
        await records.dropIndex(old).catch(unlessGone);
      }
      await records.createIndex(keys, { name, ...options });
    });
  }

  /** @returns false when the database refused one of them, or was away: then they may be there in part */
  private async madeTogether(collection: string, indexes: readonly CatalogueIndex[]): Promise<boolean> {
    try {
      await this.database
        .collection(collection)
        .createIndexes(indexes.map(({ name, keys, options }) => ({ key: keys, name, ...options })));
      return true;
    } catch {
      return false;
    }
  }

  private async drop(collection: string, index: string): Promise<void> {
    await this.persistently(collection, { index }, () =>
      this.database
        .collection(collection)
        .dropIndex(index)
        .catch(unlessGone)
        .then(() => undefined),
    );
  }

  private async stored(collection: string): Promise<readonly Stored[]> {
    return (await this.database.collection(collection).indexes().catch(noneIfAbsent)) as Stored[];
  }

  /** @returns undefined when the database refused it, which was told, or the process stops */
  private async persistently<T>(
    collection: string,
    about: { readonly index?: string },
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    while (!this.stopping.aborted)
      try {
        return await work();
      } catch (error) {
        const facts = { collection, ...about, error: messageOf(error) };
        if (!isDatabaseAway(error)) {
          this.logger.error(facts, 'could not create an index; queries that need it will be slow');
          return undefined;
        }
        this.logger.warn(facts, 'could not create an index now, trying again');
        await wait(1000, this.stopping);
      }
    return undefined;
  }
}

/** One of our name with other keys, or not unique, is made all the same: the database refuses it, and that is told. */
function isThis({ name, keys, options }: CatalogueIndex, stored: Stored): boolean {
  if (stored.name !== name) return false;
  if (isForWords(keys)) return true;
  const isUnique = options?.unique === true;
  return JSON.stringify(stored.key) === JSON.stringify(keys) && (stored.unique === true) === isUnique;
}

function isForWords(keys: object): boolean {
  return Object.values(keys).includes('text');
}

/** NamespaceNotFound: no document was ever stored. */
function noneIfAbsent(error: Error & { code?: unknown }): [] {
  if (error.code === 26) return [];
  throw error;
}

/** IndexNotFound, NamespaceNotFound. */
function unlessGone(error: Error & { code?: unknown }): void {
  if (error.code !== 27 && error.code !== 26) throw error;
}

/** A SciCat database brings its own indexes; an equal one serves as well as ours. */
function isSameIndexUnderAnotherName(error: unknown): boolean {
  return (error as { code?: unknown }).code === 85;
}
