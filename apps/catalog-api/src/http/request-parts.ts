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
