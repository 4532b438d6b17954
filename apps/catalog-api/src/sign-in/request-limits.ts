import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { KnownCallers } from '#ingestor-uploads';
import { limitRequests, networkOf } from '#service-host';
import { TokenService } from '../accounts/token.service.js';
import type { EdgeConfig } from '../edge.config.js';
import { tokenOf } from '../http/request-parts.js';

/**
 * Counts requests by the person whose token they carry, so that people behind one address do not share a limit; all others
 * by their address. A token that does not verify names nobody: anybody can make up as many as they like. Ingestors at work are not
 * counted: they send two requests for each file, and crash at a 429.
 *
 * @param ingestors undefined: nobody uploads through their API
 */
export async function limitCallers(
  app: NestFastifyApplication,
  { perCaller, perAddress, window }: EdgeConfig['requestLimits'],
  ingestors: KnownCallers | undefined,
): Promise<void> {
  const tokens = app.get(TokenService);
  await limitRequests(app, window, (request) => {
    if (ingestors?.isOne(request) === true) return { key: 'ingestors', max: 0, variable: '' };
    const token = tokenOf(request);
    const session = token === undefined ? undefined : tokens.sessionOf(token);
    return session === undefined
      ? {
          key: `address ${networkOf(request.ip)}`,
          ...{ max: perAddress, variable: 'REQUEST_LIMIT_PER_ADDRESS' },
        }
      : {
          key: `person ${session.userId}`,
          ...{ max: perCaller, variable: 'REQUEST_LIMIT_PER_CALLER' },
        };
  });
}
