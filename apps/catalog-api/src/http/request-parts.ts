import { BadRequest } from '../domain/errors.js';

import type { RequestWithCaller } from './caller.decorator.js';

/** `Authorization: Bearer …`, or the query parameter `access_token` with or without the word (older clients). */
export function tokenOf(request: RequestWithCaller): string | undefined {
  const query = (request.query as { access_token?: unknown } | undefined)?.access_token;
  const text = request.headers.authorization ?? (typeof query === 'string' ? query : undefined);
  return text?.replace(/^Bearer\s+/i, '');
}

/** Whether a body of this content type is merged into the record (RFC 7396), level by level; a charset aside. */
export function isMergePatch(contentType: unknown): boolean {
  return typeof contentType === 'string' && /^application\/merge-patch\+json\s*(;|$)/i.test(contentType);
}

const longestKey = 255;

/**
 * The `Idempotency-Key` of a request: a post with the same one makes nothing a second time. An empty one counts as none.
 *
 * @throws BadRequest for one that no index takes
 */
export function idempotencyKeyFrom(header: string | undefined): string | undefined {
  if (header === undefined || header === '') return undefined;
  if (header.length > longestKey)
    throw new BadRequest(
      `Idempotency-Key has ${header.length} characters, at most ${longestKey} are allowed: send a UUID, for example.`,
    );
  return header;
}
