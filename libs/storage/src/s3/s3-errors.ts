import { CatenaError, PermanentError, TransientError, messageOf } from '#kernel';
import { rangeInvalid } from '../checks.js';

/** What a call was about, for the words of its errors. */
export interface CallSubject {
  readonly action: string;
  readonly bucket: string;
  readonly key?: string;
}

const codes: Readonly<Record<string, string>> = {
  NoSuchKey: 'storage.not-found',
  NotFound: 'storage.not-found',
  NoSuchBucket: 'storage.bucket-not-found',
  NoSuchUpload: 'storage.upload-not-found',
  InvalidPart: 'storage.upload-invalid',
  InvalidPartOrder: 'storage.upload-invalid',
  EntityTooSmall: 'storage.upload-invalid',
  AccessDenied: 'storage.access-denied',
  InvalidAccessKeyId: 'storage.access-denied',
  SignatureDoesNotMatch: 'storage.access-denied',
  AuthorizationHeaderMalformed: 'storage.access-denied',
  ExpiredToken: 'storage.access-denied',
  InvalidArgument: 'storage.request-invalid',
  InvalidBucketName: 'storage.request-invalid',
  InvalidRequest: 'storage.request-invalid',
  KeyTooLongError: 'storage.request-invalid',
  EntityTooLarge: 'storage.request-invalid',
  MetadataTooLarge: 'storage.request-invalid',
  BucketAlreadyExists: 'storage.access-denied',
  PreconditionFailed: 'storage.request-invalid',
  InvalidStorageClass: 'storage.request-invalid',
  InvalidObjectState: 'storage.cold',
  NotImplemented: 'storage.not-supported',
  MethodNotAllowed: 'storage.not-supported',
};

/** Permanent ones are known by name; everything else (5xx, resets, time-outs, the unheard-of) may pass by itself. */
export function storageError(subject: CallSubject, error: unknown): CatenaError {
  if (error instanceof CatenaError) return error;
  const found = codeOf(error);
  if (found === 'InvalidRange') return rangeInvalid(placeOf(subject), Number.NaN, error);
  const code = codes[found];
  const details = { ...subject, found };
  const text = `Expected to ${subject.action} ${placeOf(subject)}, found ${wordsOf(error, found)}.`;
  if (code !== undefined && advice[code] !== undefined) {
    return new TransientError(code, `${text} ${advice[code]}`, { details, cause: error });
  }
  if (code !== undefined) {
    return new PermanentError(code, text, { details, cause: error });
  }
  const what =
    found === 'RequestTimeTooSkewed'
      ? 'The clock of this machine, or that of the store, is wrong: correct it (NTP); what waits goes on by itself.'
      : 'Trying again may help.';
  return new TransientError('storage.unavailable', `${text} ${what}`, {
    details,
    away: true,
    cause: error,
  });
}

/**
 * Faults of the store or its configuration, not of a request: work waits until an operator has mended them. A store that is
 * half started also denies having a bucket.
 */
const advice: Readonly<Record<string, string>> = {
  'storage.access-denied': 'Check the access key, its secret and its rights.',
  'storage.cold': 'It lies in a cold storage class: it must be restored first.',
  'storage.bucket-not-found': 'Make the bucket, or correct its name in the configuration.',
};

/** The S3 code; the client hides the status of 5xx answers in a sentence, and throws plain objects for some answers. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, Code } = error as { code?: unknown; Code?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  if (typeof Code === 'string') return Code;
  return /Retryable HTTP status: (\d+)/.exec(messageOf(error))?.[1] ?? '';
}

function wordsOf(error: unknown, code: string): string {
  const words =
    error instanceof Error ? messageOf(error) : String((error as { Message?: unknown })?.Message ?? '');
  return [code, words].filter((part) => part !== '').join(': ') || 'an unknown error';
}

function placeOf({ bucket, key }: CallSubject): string {
  return key === undefined ? `the bucket "${bucket}"` : `"${key}" in the bucket "${bucket}"`;
}
