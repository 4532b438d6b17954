import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from './logger.js';
import { metrics } from './metrics.js';

/**
 * Answers `GET /metrics`, on whichever server it stands.
 *
 * @param token bearer token that is asked for; undefined: whoever reaches the port may read the numbers, which hold no data
 */
export function answerMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  logger: Logger,
  token?: string,
): void {
  answer(request, response, token).catch((error: unknown) => {
    logger.error(
      { error: error instanceof Error ? error.message : String(error) },
      'could not tell the numbers',
    );
    response.destroy();
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, token?: string): Promise<void> {
  if (!metrics.enabled)
    return end(response, 404, 'Metrics are switched off: an operator sets METRICS_ENABLED.\n');
  if (token !== undefined && !isSame(request.headers.authorization ?? '', `Bearer ${token}`))
    return end(response, 403, 'Expected the token of METRICS_TOKEN as a bearer token.\n');
  const { body, type } = await metrics.text();
  end(response, 200, body, type);
}

function end(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

/** Digests have one length, whatever is compared. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
