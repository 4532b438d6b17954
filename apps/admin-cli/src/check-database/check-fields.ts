import { scicatCollections, type ScicatCollection } from '#scicat-database';
import { idText, rowsOf, type Step } from './inspection.js';

/** Fields that SciCat does not know, with how many documents have them. */
export function checkFields(collection: ScicatCollection): Step {
  return {
    label: `fields of ${collection}`,
    run: async (inspection) => {
      const rows = rowsOf<{ _id: string; documents: number; example: unknown }>(inspection, collection, [
        {
          $project: { name: { $map: { input: { $objectToArray: '$$ROOT' }, as: 'field', in: '$$field.k' } } },
        },
        { $unwind: '$name' },
        { $match: { name: { $nin: scicatCollections[collection] } } },
        { $group: { _id: '$name', documents: { $sum: 1 }, example: { $min: '$_id' } } },
        { $sort: { _id: 1 } },
      ]);
      for await (const { _id: field, documents, example } of rows)
        inspection.findings.add({
          kind: 'unknown field',
          collection,
          subject: JSON.stringify(field),
          id: idText(example),
          detail: 'a field that SciCat does not know',
          documents,
        });
    },
  };
}
