import type { Connection } from 'mongoose';
import { stillMoving } from '#kernel';
import { rowsById } from '#persistence';
import { wordsField, wordsOf } from '#scicat-database';

type Stored = { _id: string; [field: string]: unknown };

const batch = 200;

/**
 * Gives words to the records of a collection that have none: those of SciCat, and of versions before words were kept. Done
 * once; every write since then makes them. Can be repeated, and run beside writes.
 */
export async function fillWordLists(
  connection: Connection,
  collection: string,
  stopping: AbortSignal,
): Promise<void> {
  const done = connection.collection<{ _id: string }>('catena_upgrades');
  const _id = `${wordsField} of ${collection}`;
  if ((await done.findOne({ _id })) !== null) return;
  const records = connection.collection<Stored>(collection);
  let pending: Stored[] = [];
  const flush = async (): Promise<void> => {
    if (pending.length > 0)
      await records.bulkWrite(
        pending.map((record) => ({
          updateOne: {
            // Whoever changed it meanwhile made its words.
            filter: { _id: record._id, [wordsField]: { $exists: false } },
            update: { $set: { [wordsField]: wordsOf(record) } },
          },
        })),
        { ordered: false },
      );
    pending = [];
    stillMoving();
  };
  for await (const record of rowsById<Stored>(records, { [wordsField]: { $exists: false } })) {
    pending.push(record);
    if (pending.length === batch) await flush();
    if (stopping.aborted) return;
  }
  await flush();
  await done.updateOne({ _id }, { $set: { at: new Date() } }, { upsert: true });
}
