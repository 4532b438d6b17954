import mongoose, { mongo } from 'mongoose';
import { recogniseAway } from '#kernel';

/** What the driver throws. */
export const databaseErrors = [mongo.MongoError, mongoose.Error] as const;

/** Whether a write was refused because a document with the same unique key exists. */
export function isDuplicateKey(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === 11000;
}

/** As the MongoDB driver and mongoose name what they throw while no server can be reached. */
const namesOfAway =
  /^Mongo(ose)?(ServerSelection|Network|NotConnected|PoolCleared|NetworkTimeout|TopologyClosed)?Error$/;

/** Codes of a server that is starting, shutting down, or no longer the primary one: another answers soon. */
const codesOfAway = new Set([6, 7, 89, 91, 189, 9001, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** Whether the database could not be reached: the same operation may succeed later. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, message } = error;
  if (name === 'MongoServerError') return codesOfAway.has(Number((error as { code?: unknown }).code));
  return namesOfAway.test(name) && (name !== 'MongooseError' || message.includes('buffering timed out'));
}

recogniseAway(isDatabaseAway);

/** MaxTimeMSExpired, and what databases with its protocol call a statement that was stopped. */
const codesOfSlowness = new Set([50, 262]);

/** The database ended a query that took longer than it was given. */
export function isTooSlow(error: unknown): boolean {
  return codesOfSlowness.has(Number((error as { code?: unknown } | null)?.code));
}

/** A text index, not one of ours, takes a field of the document for the name of a language it does not know. */
export function isRefusedLanguage(error: unknown): boolean {
  const code = Number((error as { code?: unknown } | null)?.code);
  return code === 17_261 || code === 17_262;
}

/** BadValue, FailedToParse, TypeMismatch, InvalidPath, InvalidRegex, IndexNotFound for `$text`, and the like. */
const refusedQueries = new Set([2, 9, 14, 15, 27, 28, 31, 40, 52, 53, 54, 57, 72, 168, 238, 352]);
/** From here on MongoDB numbers single assertions of its query and expression parsers. */
const firstAssertion = 10_000;
/** DocumentDB has no code (8: unknown error) for some of them. */
const withoutCode = /regular expression|regex options|specified path/i;

/** Whether the database understood that a query makes no sense: asking again will not help. */
export function isRefusedQuery(error: unknown): boolean {
  if (!(error instanceof mongo.MongoServerError) || error instanceof mongo.MongoBulkWriteError) return false;
  const code = Number(error.code);
  if (code === 8) return withoutCode.test(error.message);
  return (
    refusedQueries.has(code) ||
    (code >= firstAssertion && code !== 11_000 && code !== 11_600 && code !== 11_602)
  );
}
