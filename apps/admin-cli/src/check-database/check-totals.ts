import type { BlockTotals } from '#scicat-database';
import { idText, rowsOf, settle, type Inspection, type Step } from './inspection.js';

interface Sums {
  readonly _id: string;
  readonly bytes: number;
  readonly files: number;
  readonly dataset: Readonly<Record<string, unknown>>;
}

/**
 * Totals of datasets that are not what their blocks add up to. A dataset without any block keeps what it says: its
 * owner may have told the size without listing the files.
 */
export function checkTotals({ blocks, bytes, totals }: BlockTotals): Step {
  return {
    label: `${totals.bytes} and ${totals.files} of Dataset`,
    run: async (inspection) => {
      for await (const row of rowsOf<Sums>(inspection, blocks, [
        {
          $group: {
            _id: '$datasetId',
            bytes: { $sum: `$${bytes}` },
            files: { $sum: { $size: { $ifNull: ['$dataFileList', []] } } },
          },
        },
        { $lookup: { from: 'Dataset', localField: '_id', foreignField: '_id', as: 'dataset' } },
        { $unwind: '$dataset' },
        {
          $match: {
            $expr: {
              $or: [
                { $ne: [`$dataset.${totals.bytes}`, '$bytes'] },
                { $ne: [`$dataset.${totals.files}`, '$files'] },
              ],
            },
          },
        },
        {
          $project: {
            bytes: 1,
            files: 1,
            [`dataset.${totals.bytes}`]: 1,
            [`dataset.${totals.files}`]: 1,
          },
        },
      ]))
        for (const part of ['bytes', 'files'] as const)
          await settleTotal(inspection, 'Dataset', row._id, {
            field: totals[part],
            found: row.dataset[totals[part]],
            expected: Number(row[part]),
          });
    },
  };
}

const batchSize = 1000;

interface ProposalRow {
  readonly _id: string;
  readonly numberOfDatasets?: unknown;
}

/** `numberOfDatasets` of proposals, counted for a batch of proposals at a time. */
export const checkDatasetCounts: Step = {
  label: 'numberOfDatasets of Proposal',
  run: async (inspection) => {
    let batch: ProposalRow[] = [];
    for await (const proposal of rowsOf<ProposalRow>(inspection, 'Proposal', [
      { $project: { numberOfDatasets: 1 } },
    ])) {
      batch.push(proposal);
      if (batch.length < batchSize) continue;
      await checkCounts(inspection, batch);
      batch = [];
    }
    await checkCounts(inspection, batch);
  },
};

async function checkCounts(inspection: Inspection, batch: readonly ProposalRow[]): Promise<void> {
  const named = { $in: batch.map(({ _id }) => _id) };
  const counts = new Map<string, number>();
  for await (const { _id: id, count } of rowsOf<{ _id: string; count: number }>(inspection, 'Dataset', [
    { $match: { proposalIds: named } },
    // A dataset counts once for a proposal it names twice.
    { $project: { proposal: { $setUnion: ['$proposalIds', []] } } },
    { $unwind: '$proposal' },
    { $match: { proposal: named } },
    { $group: { _id: '$proposal', count: { $sum: 1 } } },
  ]))
    counts.set(id, count);
  for (const { _id: id, numberOfDatasets: found } of batch)
    await settleTotal(inspection, 'Proposal', id, {
      field: 'numberOfDatasets',
      found,
      expected: counts.get(id) ?? 0,
    });
}

interface Total {
  readonly field: string;
  readonly found: unknown;
  readonly expected: number;
}

async function settleTotal(
  inspection: Inspection,
  collection: string,
  id: string,
  { field, found, expected }: Total,
): Promise<void> {
  if (Number(found ?? 0) === expected) return;
  const finding = {
    kind: 'wrong total',
    collection,
    subject: field,
    id: idText(id),
    detail: `${JSON.stringify(found) ?? 'nothing'} instead of ${expected}`,
  } as const;
  await settle(inspection, finding, async () => {
    // A total that another writer changed in the meantime is not overwritten.
    const { matchedCount } = await inspection.database
      .collection<{ _id: string; [field: string]: unknown }>(collection)
      .updateOne(
        { _id: id, [field]: found === undefined ? { $exists: false } : found },
        // A running catalog-api that holds the collection in memory finds by its time what was changed.
        { $set: { [field]: expected }, $max: { updatedAt: new Date() } },
      );
    return matchedCount === 1;
  });
}
