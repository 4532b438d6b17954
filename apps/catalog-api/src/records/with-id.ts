/** A record under both names of its id, as SciCat's own answers have it: `_id` of the database, `id` for clients. */
export function withId<R extends { readonly _id?: unknown }>(record: R): R & { readonly id?: unknown } {
  return record._id === undefined ? record : { ...record, id: record._id };
}
