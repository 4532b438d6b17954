import type { IncomingHttpHeaders } from 'node:http';

/** Bytes from `first` up to but without `end`. */
export interface ByteRange {
  readonly first: number;
  readonly end: number;
}

/** What is known of a thing before its bytes are read. */
export interface Validators {
  /** A strong entity tag, with its quotes. */
  readonly etag: string;
  readonly modified: Date;
}

/** What a request wants of a thing of this size. */
export type RangeAnswer =
  { readonly status: 200 | 206; readonly range: ByteRange } | { readonly status: 304 | 412 | 416 };

/**
 * Applies preconditions and `Range` in the order of RFC 9110, section 13.2.2. Of several ranges none is served: the
 * whole is sent, as the standard allows.
 */
export function rangeAnswerOf(
  headers: IncomingHttpHeaders,
  size: number,
  validators: Validators,
): RangeAnswer {
  const { etag, modified } = validators;
  const match = headers['if-match'];
  if (match !== undefined && !lists(match, etag, true)) return { status: 412 };
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) {
    if (lists(noneMatch, etag, false)) return { status: 304 };
  } else if (isNotNewer(modified, headers['if-modified-since'])) return { status: 304 };
  const whole: RangeAnswer = { status: 200, range: { first: 0, end: size } };
  const condition = headers['if-range'];
  if (typeof condition === 'string' && !isSame(condition, validators)) return whole;
  const range = rangeIn(headers.range, size);
  if (range === 'none') return whole;
  return range === 'unsatisfiable' ? { status: 416 } : { status: 206, range };
}

/** `none` stands for what is no range, or several: it is ignored. */
function rangeIn(header: string | undefined, size: number): ByteRange | 'none' | 'unsatisfiable' {
  const [, from = '', to = ''] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? '') ?? [];
  if (from === '' && to === '') return 'none';
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { first: size - length, end: size };
  }
  if (to !== '' && Number(to) < Number(from)) return 'none';
  if (Number(from) >= size) return 'unsatisfiable';
  return { first: Number(from), end: to === '' ? size : Math.min(Number(to) + 1, size) };
}

function lists(header: string, etag: string, strong: boolean): boolean {
  if (header.trim() === '*') return true;
  return header.split(',').some((one) => (strong ? one.trim() : one.trim().replace(/^W\//, '')) === etag);
}

function isSame(condition: string, { etag, modified }: Validators): boolean {
  return condition.startsWith('"')
    ? condition.trim() === etag
    : Date.parse(condition) === Math.floor(modified.getTime() / 1000) * 1000;
}

function isNotNewer(modified: Date, since: string | undefined): boolean {
  return since !== undefined && Math.floor(modified.getTime() / 1000) * 1000 <= Date.parse(since);
}
