export type Sort = Readonly<Record<string, 1 | -1>>;

const insertionOrder: Sort = { createdAt: 1, _id: 1 };

/**
 * The order of a list, in which every record has one place: pages of records that are equal in what they are sorted by
 * would overlap otherwise, and leave some out. Where the client asks for no order, lists come as the records were made, as
 * SciCat's do; records of old installations may have no `createdAt` and come first.
 */
export function inOrder(wanted: Sort | undefined): Record<string, 1 | -1> {
  if (wanted === undefined) return { ...insertionOrder };
  // In the direction of the last field, so that one index serves both directions.
  return '_id' in wanted ? { ...wanted } : { ...wanted, _id: Object.values(wanted).at(-1) ?? 1 };
}
