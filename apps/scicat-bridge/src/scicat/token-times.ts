import { isFields, type Fields } from './answers.js';

/** A token of which nothing says how long it is good. */
const unknownLifetime = 10 * 60_000;

/**
 * Milliseconds for which a token is good, as its sign-in (`expires_in` or `ttl`, seconds) and the token itself say; the shortest.
 *
 * @param body answer to the sign-in
 */
export function lifetimeOf(body: Fields, token: string): number {
  const said = [seconds(body['expires_in']), seconds(body['ttl']), lifetimeInside(token)];
  const known = said.filter((lifetime) => lifetime !== undefined);
  return known.length === 0 ? unknownLifetime : Math.min(...known);
}

/** Milliseconds that a `Retry-After` asks for: of seconds, or of a time. */
export function retryAfterOf(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined;
  const pause = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isFinite(pause) && pause > 0 ? pause : undefined;
}

function seconds(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? number * 1000 : undefined;
}

/** By `exp` and `iat`, which are times of the same clock. */
function lifetimeInside(token: string): number | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    if (!isFields(payload) || typeof payload['iat'] !== 'number' || typeof payload['exp'] !== 'number')
      return undefined;
    return seconds(payload['exp'] - payload['iat']);
  } catch {
    return undefined;
  }
}
