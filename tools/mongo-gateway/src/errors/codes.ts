/** MongoDB's error codes by name, as far as clients look at them. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'InternalError',
  2: 'BadValue',
  5: 'GraphContainsCycle',
  6: 'HostUnreachable',
  8: 'UnknownError',
  9: 'FailedToParse',
  13: 'Unauthorized',
  14: 'TypeMismatch',
  15: 'Overflow',
  16: 'InvalidLength',
  18: 'AuthenticationFailed',
  20: 'IllegalOperation',
  24: 'LockTimeout',
  26: 'NamespaceNotFound',
  27: 'IndexNotFound',
  28: 'PathNotViable',
  34: 'CannotBackfillArray',
  40: 'ConflictingUpdateOperators',
  43: 'CursorNotFound',
  48: 'NamespaceExists',
  50: 'MaxTimeMSExpired',
  52: 'DollarPrefixedFieldName',
  53: 'InvalidIdField',
  54: 'NotSingleValueField',
  56: 'EmptyFieldName',
  57: 'DottedFieldName',
  59: 'CommandNotFound',
  66: 'ImmutableField',
  67: 'CannotCreateIndex',
  68: 'IndexAlreadyExists',
  72: 'InvalidOptions',
  73: 'InvalidNamespace',
  85: 'IndexOptionsConflict',
  86: 'IndexKeySpecsConflict',
  91: 'ShutdownInProgress',
  111: 'NotExactValueField',
  112: 'WriteConflict',
  115: 'CommandNotSupported',
  117: 'ConflictingOperationInProgress',
  121: 'DocumentValidationFailure',
  146: 'ExceededMemoryLimit',
  159: 'DurationOverflow',
  165: 'ViewDepthLimitExceeded',
  166: 'CommandNotSupportedOnView',
  167: 'OptionNotSupportedOnView',
  171: 'CannotIndexParallelArrays',
  181: 'AmbiguousIndexKeyPattern',
  197: 'InvalidIndexSpecificationOption',
  224: 'QueryFeatureNotAllowed',
  225: 'TransactionTooOld',
  241: 'ConversionFailure',
  251: 'NoSuchTransaction',
  256: 'TransactionCommitted',
  261: 'TooManyLogicalSessions',
  263: 'OperationNotSupportedInTransaction',
  276: 'IndexBuildAborted',
  291: 'NoQueryExecutionPlans',
  352: 'UnsupportedOpQueryCommand',
  10334: 'BSONObjectTooLarge',
  11000: 'DuplicateKey',
  11600: 'InterruptedAtShutdown',
  14031: 'OutOfDiskSpace',
  50768: 'NotARetryableWriteCommand',
};

/**
 * DocumentDB numbers its errors in SQLSTATEs of its own (`M` and four digits in base 36, counted up in the order
 * errors were added). This is that order for the codes above; anything else becomes UnknownError.
 */
const BY_SQL_STATE: Readonly<Record<string, number>> = {
  ...sequence(
    'M0000',
    [1, 2, 5, 9, 14, 15, 20, 23, 26, 27, 28, 31, 34, 40, 43, 48, 52, 53, 54, 56, 57, 61, 66],
  ),
  ...sequence(
    'M000N',
    [67, 68, 72, 73, 85, 86, 111, 115, 118, 146, 159, 165, 166, 167, 181, 197, 224, 232, 241],
  ),
  ...sequence('M0016', [263, 276, 291, 361, 10065, 10334, 11000, 12587]),
  ...sequence('M0023', [16554, 16610, 16611, 16612]),
  M003A: 17419,
  M003B: 17420,
  M0041: 28724,
  M0057: 31250,
  M0058: 31253,
  M0059: 31254,
  M006M: 40081,
  M007R: 40319,
  M007T: 40323,
  M007U: 40324,
  M007V: 40352,
  M0087: 40414,
  M0088: 40415,
  M00CO: 121,
  M00DO: 16,
  M00ER: 13,
  M00EU: 6,
  M00EW: 24,
  M00EX: 50,
  M00EY: 59,
  M00F0: 91,
  M00F1: 112,
  M00F2: 117,
  M00F5: 225,
  M00F6: 251,
  M00F7: 256,
  M00F8: 261,
  M00FB: 50768,
  M00FD: 171,
  // PostgreSQL's own: conflicts of concurrent transactions, then limits and shutdown.
  '40001': 112,
  '40P01': 112,
  '55P03': 112,
  '57014': 50,
  '57P01': 11600,
  '57P02': 11600,
  '57P03': 91,
  '53100': 14031,
  '54000': 10334,
  '22021': 2,
  '23505': 11000,
  '23P01': 11000,
};

function sequence(first: string, codes: readonly number[]): Record<string, number> {
  const start = Number.parseInt(first.slice(1), 36);
  return Object.fromEntries(
    codes.map((code, index) => [`M${(start + index).toString(36).toUpperCase().padStart(4, '0')}`, code]),
  );
}

/** The MongoDB code for a SQLSTATE; 8 (UnknownError) when there is none. */
export function codeOfSqlState(sqlState: string): number {
  return BY_SQL_STATE[sqlState] ?? 8;
}

/** The name that belongs to a code; MongoDB calls nameless ones by their location. */
export function codeName(code: number): string {
  return NAMES[code] ?? `Location${code}`;
}

/**
 * PostgreSQL packs the five characters of a SQLSTATE into one integer, six bits each, lowest first. DocumentDB puts
 * that integer where a write error should carry its code.
 */
export function unpackSqlState(packed: number): string {
  let text = '';
  for (let shift = 0; shift < 30; shift += 6) text += String.fromCharCode(((packed >> shift) & 0x3f) + 48);
  return text;
}
