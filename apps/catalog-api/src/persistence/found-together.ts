import { mongo } from 'mongoose';
import { AskedTogether } from '#kernel';

type Stored = { readonly _id: string };

/** What is needed of a collection to find records by their ids. */
interface Findable {
  find(filter: object, options: object): { toArray(): Promise<unknown[]> };
}

/**
 * Milliseconds that a question which nobody waits for is kept for others: the last looks after creations, which are about what hardly
 * ever happens.
 */
export const leisure = 25;

/** Records that one query finds at most: each may be as large as a document may be. */
const maxFound = 32;

/**
 * Single records by their ids; those that are asked for at one time are found by one query. A question that came after the query
 * began waits for the next one.
 *
 * @param gathering as that of `AskedTogether`
 */
export function foundTogether<R extends Stored>(
  records: () => Findable,
  projection: Readonly<Record<string, 0 | 1>>,
  gathering?: number,
): AskedTogether<string, R | undefined> {
  return new AskedTogether<string, R | undefined>(
    async (ids) => {
      const wanted = [...new Set(ids)];
      const condition = { _id: wanted.length === 1 ? wanted[0] : { $in: wanted } };
      const rows = (await records().find(condition, { projection }).toArray()) as R[];
      const found = new Map(rows.map((row) => [row._id, row]));
      const given = new Set<string>();
      return ids.map((id) => {
        const record = found.get(id);
        if (record === undefined || !given.has(id)) {
          given.add(id);
          return record;
        }
        // Whoever asked changes its record for its answer: each has one of its own.
        return mongo.BSON.deserialize(mongo.BSON.serialize(record)) as unknown as R;
      });
    },
    { most: maxFound, ...(gathering === undefined ? {} : { gathering }) },
  );
}
