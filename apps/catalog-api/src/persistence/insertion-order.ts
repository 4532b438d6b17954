/**
 * The order of every list for which nobody named one: as the records were made. SciCat's lists come so, and pages of a list
 * without an order would overlap. Records of old installations may have no `createdAt`; they come first.
 */
export const insertionOrder = { createdAt: 1, _id: 1 } as const;
