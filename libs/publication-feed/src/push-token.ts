import { createHmac, timingSafeEqual } from 'node:crypto';

/** Seconds a token is good for: long enough for two clocks that differ, short enough to be useless when found. */
const lifetime = 300;
const pattern = /^catena1\.(\d{1,12})\.([0-9a-f]{64})$/;

/** What a token was made for: it opens nothing else. */
export interface PushTarget {
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  /** Lower-case hexadecimal SHA-256 of the body; of no bytes when there is none. */
  readonly bodySha256: string;
}

/** Signs one request to the publication server's private port. */
export function pushToken(secret: string, target: PushTarget, now: Date): string {
  const expires = Math.floor(now.getTime() / 1000) + lifetime;
  return `catena1.${expires}.${signature(secret, target, expires)}`;
}

export type TokenVerdict = 'good' | 'missing' | 'wrong' | 'expired';

/** Judges the bearer token of a request. */
export function judgePushToken(
  secret: string,
  token: string | undefined,
  target: PushTarget,
  now: Date,
): TokenVerdict {
  if (token === undefined || token === '') return 'missing';
  const [, expires = '', given = ''] = pattern.exec(token) ?? [];
  if (given === '') return 'wrong';
  const wanted = Buffer.from(signature(secret, target, Number(expires)));
  if (!timingSafeEqual(wanted, Buffer.from(given))) return 'wrong';
  return Number(expires) < now.getTime() / 1000 ? 'expired' : 'good';
}

function signature(secret: string, { method, path, bodySha256 }: PushTarget, expires: number): string {
  return createHmac('sha256', secret)
    .update(`catena1\n${expires}\n${method.toUpperCase()}\n${path}\n${bodySha256}`)
    .digest('hex');
}
