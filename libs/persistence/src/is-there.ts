/** What is needed of a collection to find out whether a row is there. */
interface Findable {
  findOne(filter: object, options: { readonly projection: { readonly _id: 1 } }): Promise<unknown>;
}

/** Whether any row matches. To find one costs less than to count one. */
export async function isThere(collection: Findable, filter: object): Promise<boolean> {
  return (await collection.findOne(filter, { projection: { _id: 1 } })) !== null;
}
