/** A copy of a datablock that was read back, or verified later, and was what was archived. */
export interface CertifiedCopy {
  /** The name of its place on long-term storage; `copy 1` and so on where that has none. */
  readonly target: string;
  /** When it was last read whole, ISO 8601. */
  readonly verifiedAt: string;
}

export interface CertifiedDatablock {
  readonly archiveId: string;
  /** Bytes of the files inside. */
  readonly bytes: number;
  /** Bytes of the tar. */
  readonly packedSize: number;
  readonly fileCount: number;
  /** Of the tar. */
  readonly sha256: string;
  /** Of its list of files (`manifest.json`), which lies in the tar as well. */
  readonly manifestSha256: string;
  readonly copies: readonly CertifiedCopy[];
}

export interface CertifiedTotals {
  readonly datablocks: number;
  readonly files: number;
  /** Of the files. */
  readonly bytes: number;
  /** Of the tars, each counted once. */
  readonly packedSize: number;
  /** What every datablock has at least. */
  readonly copies: number;
}

/** What a certificate says: what of a dataset is stored where, with which checksums, and when it was last read and compared. */
export interface Certificate {
  readonly version: 1;
  /** The installation. */
  readonly issuer: string;
  /** ISO 8601. */
  readonly issuedAt: string;
  readonly pid: string;
  /** In the order of their archive ids. */
  readonly datablocks: readonly CertifiedDatablock[];
  readonly totals: CertifiedTotals;
}

/** Sums of datablocks, as a certificate has them. */
export function totalsOf(datablocks: readonly CertifiedDatablock[]): CertifiedTotals {
  const sum = (of: (datablock: CertifiedDatablock) => number): number =>
    datablocks.reduce((total, datablock) => total + of(datablock), 0);
  return {
    datablocks: datablocks.length,
    files: sum(({ fileCount }) => fileCount),
    bytes: sum(({ bytes }) => bytes),
    packedSize: sum(({ packedSize }) => packedSize),
    copies: datablocks.length === 0 ? 0 : Math.min(...datablocks.map(({ copies }) => copies.length)),
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** Whether something that was signed is a certificate, every field of it. */
export function isCertificate(value: unknown): value is Certificate {
  if (!isFields(value) || value['version'] !== 1 || !Array.isArray(value['datablocks'])) return false;
  const { issuer, pid, issuedAt, datablocks, totals } = value;
  return (
    isText(issuer) &&
    isText(pid) &&
    isTime(issuedAt) &&
    isFields(totals) &&
    ['datablocks', 'files', 'bytes', 'packedSize', 'copies'].every((name) => isCount(totals[name])) &&
    (datablocks as unknown[]).every(isDatablock)
  );
}

function isDatablock(value: unknown): boolean {
  if (!isFields(value) || !Array.isArray(value['copies']) || value['copies'].length === 0) return false;
  return (
    isText(value['archiveId']) &&
    ['bytes', 'packedSize', 'fileCount'].every((name) => isCount(value[name])) &&
    ['sha256', 'manifestSha256'].every((name) => isSha256(value[name])) &&
    value['copies'].every((copy) => isFields(copy) && isText(copy['target']) && isTime(copy['verifiedAt']))
  );
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isSha256(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isTime(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}
