import type { Reference } from '#scicat-database';
import { idText, rowsOf, type Step } from './inspection.js';

interface BrokenReference {
  readonly _id: unknown;
  readonly documents: number;
  readonly example: unknown;
}

/** Ids that lead to no document. Each id is looked up once, however many documents name it. */
export function checkReference(reference: Reference): Step {
  const { from, path, to } = reference;
  return {
    label: `${from}.${path} to ${to}`,
    run: async (inspection) => {
      for await (const { _id: id, documents, example } of rowsOf<BrokenReference>(
        inspection,
        from,
        brokenReferences(reference),
      ))
        inspection.findings.add({
          kind: 'broken reference',
          collection: from,
          subject: `${path} without ${to}`,
          id: idText(example),
          detail: `names ${JSON.stringify(idText(id))}, which is not there`,
          documents,
        });
    },
  };
}

function brokenReferences(reference: Reference): object[] {
  return [
    ...valuesOf(reference),
    { $match: { value: { $nin: [null, ''] } } },
    { $group: { _id: '$value', documents: { $sum: 1 }, example: { $min: '$_id' } } },
    { $lookup: { from: reference.to, localField: '_id', foreignField: '_id', as: 'target' } },
    { $match: { target: { $size: 0 } } },
    { $project: { target: 0 } },
  ];
}

/** One row a reference: `_id` of the document and the `value`. */
function valuesOf({ path, when, isObjectId }: Reference): object[] {
  if (when === undefined) {
    const found = `$${path}`;
    const value =
      isObjectId === true
        ? { $convert: { input: found, to: 'objectId', onError: found, onNull: null } }
        : found;
    return [{ $project: { value } }, { $unwind: '$value' }];
  }
  const [list = '', ...rest] = path.split('.');
  return [
    { $project: { element: `$${list}` } },
    { $unwind: '$element' },
    { $match: { [`element.${when.field}`]: when.value } },
    { $project: { value: `$element.${rest.join('.')}` } },
  ];
}
