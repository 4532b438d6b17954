/** A field that is not there. */
export const absent = { $exists: false } as const;

/** A message of the document is still to be sent, or to be accepted. */
export const underWay = { 'outbox.rows.0': { $exists: true } } as const;

/** What the database may take, in milliseconds. */
export function endingIn(within: number | undefined): { readonly maxTimeMS?: number } {
  return within === undefined ? {} : { maxTimeMS: within };
}

interface Groupable {
  aggregate(stages: object[]): { toArray(): Promise<unknown[]> };
}

/** How many there are of each state, for the documents that match. */
export async function countByState<State extends string>(
  collection: Groupable,
  match: object,
): Promise<Partial<Record<State, number>>> {
  const rows = (await collection
    .aggregate([{ $match: match }, { $group: { _id: '$state', count: { $sum: 1 } } }])
    .toArray()) as { _id: State; count: number }[];
  return Object.fromEntries(rows.map(({ _id, count }) => [_id, Number(count)])) as Partial<
    Record<State, number>
  >;
}
