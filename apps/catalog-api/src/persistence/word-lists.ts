import type { Connection } from 'mongoose';
import { messageOf, stillMoving } from '#kernel';
import type { Logger } from '#observability';
import { wordsField, wordsFor, wordSources } from '#scicat-database';

/** The id is called a text for the driver's sake: in old installations there are ObjectIds beside texts. */
type Stored = { _id: string; [field: string]: unknown };
type Records = ReturnType<typeof Connection.prototype.collection<Stored>>;

/** Records that are held and written at once: each may have megabytes. */
const batch = 20;

/**
 * Gives words to the records of a collection that have none: those of SciCat, and of versions before words were kept. Done
 * once; every write since then makes them. Can be repeated, and run beside writes. A record that takes no words (it is as
 * large as a document may be) is found by none, and named in the log.
 */
export async function fillWordLists(
  connection: Connection,
  collection: string,
  stopping: AbortSignal,
  logger: Logger,
): Promise<void> {
  const done = connection.collection<{ _id: string }>('catena_upgrades');
  const mark = { _id: `${wordsField} of ${collection}` };
  if ((await done.findOne(mark)) !== null) return;
  const records = connection.collection<Stored>(collection);
  // As often as a pass finds something to do: records may be written by others meanwhile.
  for (let filled = 1; filled > 0; filled = await fillOnce(records, stopping, logger))
    if (stopping.aborted) return;
  if (stopping.aborted) return;
  await done.updateOne(mark, { $set: { at: new Date() } }, { upsert: true });
}

/** @returns records that have words now and had none */
async function fillOnce(records: Records, stopping: AbortSignal, logger: Logger): Promise<number> {
  let filled = 0;
  let ids: string[] = [];
  const flush = async (): Promise<void> => {
    filled += await fill(records, ids, logger);
    ids = [];
    stillMoving();
  };
  const without = { [wordsField]: { $exists: false } };
  for await (const { _id } of records.find(without, { projection: { _id: 1 } })) {
    ids.push(_id);
    if (ids.length === batch) await flush();
    if (stopping.aborted) return filled;
  }
  if (ids.length > 0) await flush();
  return filled;
}

async function fill(records: Records, ids: readonly string[], logger: Logger): Promise<number> {
  const collection = records.collectionName;
  const projection = wordSources(collection);
  const found = await records.find({ _id: { $in: [...ids] } }, projection && { projection }).toArray();
  // Whoever changed it meanwhile made its words.
  const missing = found.filter((record) => !(wordsField in record));
  const operations = missing.map((record) => ({
    updateOne: {
      filter: { _id: record._id, [wordsField]: { $exists: false } },
      update: { $set: wordsFor(collection, record) },
    },
  }));
  if (operations.length === 0) return 0;
  try {
    return (await records.bulkWrite(operations, { ordered: false })).modifiedCount;
  } catch (error) {
    const { writeErrors, result } = error as {
      writeErrors?: { index: number } | readonly { index: number }[];
      result?: { modifiedCount?: number };
    };
    if (writeErrors === undefined) throw error;
    const refused = [writeErrors].flat().map(({ index }) => missing[index]?._id);
    logger.error(
      { ids: refused.map(String), error: messageOf(error) },
      'records take no list of words: searches for words do not find them',
    );
    return result?.modifiedCount ?? 0;
  }
}
