import { routableFields, type RouteQuestion } from '#routes';

/** A dataset as the catalogue has it: fields may hold one value, a list, or nothing. */
type Fields = Readonly<Record<string, unknown>>;

/** Fields that SciCat has twice, with one value and with a list. */
const listsOf: Readonly<Record<string, string>> = {
  proposalId: 'proposalIds',
  instrumentId: 'instrumentIds',
};

/** What a route for a dataset is chosen by. */
export function questionOf(
  job: { readonly jobType: string; readonly tapeCopies?: number },
  dataset: object,
): RouteQuestion {
  const found = dataset as Fields;
  const size = found['size'];
  const copies = Math.max(job.tapeCopies ?? 1, copiesFor(found['classification']));
  return {
    jobType: job.jobType,
    fields: Object.fromEntries(
      routableFields.map((name) => [name, wordsIn(found[name], found[listsOf[name] ?? ''])]),
    ),
    bytes: typeof size === 'number' && size > 0 ? size : 0,
    tapeCopies: copies,
    copiesOfJob: job.tapeCopies ?? 1,
  };
}

/** SciCat keeps the `tapeRedundancy` of a group's policy as the availability in the classification of its datasets. */
function copiesFor(classification: unknown): number {
  return typeof classification === 'string' && /\bAV=(medium|high)\b/i.test(classification) ? 2 : 1;
}

function wordsIn(...values: readonly unknown[]): string[] {
  return values
    .flat()
    .filter((value) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(String);
}
