import mongoose from 'mongoose';

export type UserId = string | mongoose.Types.ObjectId;

/** SciCat wrote references to users as ObjectIds, older releases as text. */
export function idForms(id: string): UserId[] {
  return mongoose.Types.ObjectId.isValid(id) ? [new mongoose.Types.ObjectId(id), id] : [id];
}

/** A new MongoDB object id, as users, identities and sub-documents have. */
export function newObjectId(): mongoose.Types.ObjectId {
  return new mongoose.Types.ObjectId();
}
