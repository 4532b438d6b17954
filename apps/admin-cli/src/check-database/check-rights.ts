import { copiedRights } from '#scicat-database';
import { rowsOf, settle, type Step } from './inspection.js';

type Fields = Readonly<Record<string, unknown>>;

interface BlockRow extends Fields {
  readonly _id: string;
  readonly dataset: Fields;
}

const rights = Object.entries(copiedRights);

/** Blocks whose groups or publication are not their dataset's. What a dataset does not say is not compared. */
export function checkRights(blocks: 'OrigDatablock' | 'Datablock'): Step {
  return {
    label: `rights of ${blocks}`,
    run: async (inspection) => {
      const kept = Object.fromEntries(rights.flatMap(([field]) => [[field, 1] as const]));
      for await (const block of rowsOf<BlockRow>(inspection, blocks, [
        { $project: { ...kept, datasetId: 1 } },
        { $lookup: { from: 'Dataset', localField: 'datasetId', foreignField: '_id', as: 'dataset' } },
        { $unwind: '$dataset' },
        { $match: { $expr: { $or: rights.map(([field, absent]) => isOther(field, absent)) } } },
        {
          $project: {
            ...kept,
            ...Object.fromEntries(rights.map(([field]) => [`dataset.${field}`, 1] as const)),
          },
        },
      ])) {
        const expected = expectedRights(block.dataset);
        const found = Object.fromEntries(Object.keys(expected).map((field) => [field, block[field]]));
        await settle(
          inspection,
          {
            kind: 'rights of a block',
            collection: blocks,
            subject: "other than its dataset's",
            id: block._id,
            detail: `${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`,
          },
          async () => {
            const { matchedCount } = await inspection.database
              .collection<{ _id: string }>(blocks)
              .updateOne({ _id: block._id }, { $set: expected });
            return matchedCount === 1;
          },
        );
      }
    },
  };
}

function isOther(field: string, absent: unknown): object {
  const ofDataset = `$dataset.${field}`;
  return {
    $and: [
      { $ne: [{ $ifNull: [ofDataset, null] }, null] },
      { $ne: [{ $ifNull: [`$${field}`, absent] }, ofDataset] },
    ],
  };
}

function expectedRights(dataset: Fields): Fields {
  return Object.fromEntries(
    rights.flatMap(([field]) =>
      dataset[field] === undefined || dataset[field] === null ? [] : [[field, dataset[field]]],
    ),
  );
}
