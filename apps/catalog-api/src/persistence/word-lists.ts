import type { Connection } from 'mongoose';
import { messageOf, stillMoving } from '#kernel';
import type { Logger } from '#observability';
import { wordsField, wordsFor, wordsForm, wordSources } from '#scicat-database';

/** The id is called a text for the driver's sake: in old installations there are ObjectIds beside texts. */
type Stored = { _id: string; [field: string]: unknown };
type Records = ReturnType<typeof Connection.prototype.collection<Stored>>;

/** Records that are held and written at once: each may have megabytes. */
const batch = 20;

/**
 * Gives words to the records of a collection that have none, or those of an earlier form: records of SciCat, and of versions
 * before. Done once; every write since then makes them. Can be repeated, and run beside writes. A record that takes no words (it
 * is as large as a document may be) is found by none, and named in the log.
 */
export async function fillWordLists(
  connection: Connection,
  collection: string,
  stopping: AbortSignal,
  logger: Logger,
): Promise<void> {
  const done = connection.collection<{ _id: string }>('catena_upgrades');
  const mark = { _id: `${wordsField} ${wordsForm} of ${collection}` };
  if ((await done.findOne(mark)) !== null) return;
  const records = connection.collection<Stored>(collection);
  await fillOnce(records, {}, stopping, logger);
  // As often as a pass finds something to do: records may be written by others meanwhile.
  const without = { [wordsField]: { $exists: false } };
  while (!stopping.aborted && (await fillOnce(records, without, stopping, logger)) > 0);
  if (stopping.aborted) return;
  await done.updateOne(mark, { $set: { at: new Date() } }, { upsert: true });
  await done.deleteOne({ _id: `${wordsField} of ${collection}` });
}

/** @returns records that have words now and had none, or others */
async function fillOnce(
  records: Records,
  condition: object,
  stopping: AbortSignal,
  logger: Logger,
): Promise<number> {
  let filled = 0;
  let ids: string[] = [];
  const flush = async (): Promise<void> => {
    filled += await fill(records, ids, logger);
    ids = [];
    stillMoving();
  };
  for await (const { _id } of records.find(condition, { projection: { _id: 1 } })) {
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
  const outdated = found
    .map((record) => ({ record, words: wordsFor(collection, record) }))
    .filter(({ record, words }) => record[wordsField] !== words[wordsField]);
  const operations = outdated.map(({ record, words }) => ({
    updateOne: {
      // A write that changes it meanwhile makes its words.
      filter: { _id: record._id, [wordsField]: record[wordsField] ?? { $exists: false } },
      update: { $set: words },
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
    const refused = [writeErrors].flat().map(({ index }) => outdated[index]?.record._id);
    logger.error(
      { ids: refused.map(String), error: messageOf(error) },
      'records take no list of words: searches for words do not find them',
    );
    return result?.modifiedCount ?? 0;
  }
}
