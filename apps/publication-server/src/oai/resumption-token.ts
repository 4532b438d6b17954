import { createHmac, timingSafeEqual } from 'node:crypto';

const signatureBytes = 16;
const day = 86_400_000;

/** Where a harvest goes on, and what it asked for. */
export interface Position {
  readonly verb: 'ListIdentifiers' | 'ListRecords' | 'ListSets';
  readonly prefix: string;
  readonly from?: string;
  readonly until?: string;
  readonly set?: string;
  /** What was sent last: seconds since 1970 and key. */
  readonly datestamp: number;
  readonly id: string;
  /** Number of items sent before. */
  readonly cursor: number;
  /** Of the complete list, where it was small enough to be counted. */
  readonly size?: number;
  /** Seconds that held the last page: how far to look for the next one. */
  readonly pace?: number;
}

/** The form inside a token; 0 stands for what is not there. */
type Parts = readonly [
  expires: number,
  verb: Position['verb'],
  prefix: string,
  from: string | 0,
  until: string | 0,
  set: string | 0,
  datestamp: number,
  id: string,
  cursor: number,
  size: number,
  pace: number,
];

/** Makes and reads tokens that any instance understands, before and after a restart. */
export class ResumptionTokens {
  private readonly key: Buffer;

  constructor(
    secret: string,
    /** Milliseconds. */
    private readonly lifetime: number,
  ) {
    this.key = createHmac('sha256', secret).update('OAI-PMH resumption tokens').digest();
  }

  /** A token asked for again is the same for a day: it expires at the end of the day after its lifetime. */
  make(position: Position, now: Date): { readonly token: string; readonly expires: Date } {
    const expires = Math.ceil((now.getTime() + this.lifetime) / day) * day;
    const {
      verb,
      prefix,
      from = 0,
      until = 0,
      set = 0,
      datestamp,
      id,
      cursor,
      size = 0,
      pace = 0,
    } = position;
    const parts: Parts = [expires / day, verb, prefix, from, until, set, datestamp, id, cursor, size, pace];
    const text = Buffer.from(JSON.stringify(parts)).toString('base64url');
    return { token: `${text}.${this.sign(text)}`, expires: new Date(expires) };
  }

  /** Undefined when the token was not made here, was changed, or has expired. */
  read(token: string, now: Date): Position | undefined {
    const [, text = '', signature = ''] = /^([\w-]{1,4000})\.([\w-]{22})$/.exec(token) ?? [];
    if (signature === '' || !timingSafeEqual(Buffer.from(signature), Buffer.from(this.sign(text))))
      return undefined;
    const [expires, verb, prefix, from, until, set, datestamp, id, cursor, size, pace] = JSON.parse(
      Buffer.from(text, 'base64url').toString(),
    ) as Parts;
    if (expires * day <= now.getTime()) return undefined;
    return {
      verb,
      prefix,
      ...optional('from', from),
      ...optional('until', until),
      ...optional('set', set),
      datestamp,
      id,
      cursor,
      ...optional('size', size),
      ...optional('pace', pace),
    };
  }

  private sign(text: string): string {
    const whole = createHmac('sha256', this.key).update(text).digest();
    return whole.subarray(0, signatureBytes).toString('base64url');
  }
}

function optional<Value>(name: string, value: Value | 0 | undefined): Record<string, Value> {
  return value === 0 || value === undefined ? {} : { [name]: value };
}
