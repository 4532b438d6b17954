import { createHash } from 'node:crypto';
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

/** The same object id for the same words: of two processes that make one record, the second one finds it. */
export function objectIdFor(...words: readonly string[]): mongoose.Types.ObjectId {
  const digest = createHash('sha256').update(JSON.stringify(words)).digest('hex');
  return new mongoose.Types.ObjectId(digest.slice(0, 24));
}
