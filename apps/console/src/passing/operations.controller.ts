import { All, Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FromAllApps } from '#console-api';
import { askedPath } from '../calls/paths.js';
import { passOn } from '../calls/passed-answer.js';
import { closedBy } from '../edge/closed-by.js';
import { noSuchCall } from '../edge/console-error.js';
import { SessionOf, SignedInHere } from '../session/session.guard.js';
import type { CurrentSession } from '../session/session.js';
import { OperationsPassing } from './operations.service.js';

const prefix = '/console/api/operations/';
const methods = ['GET', 'POST', 'PUT', 'DELETE'] as const;

/** Operations calls of one app, or of all: `operations/APP/…`, `operations/all/…`. */
@SignedInHere()
@Controller('console/api/operations')
export class OperationsController {
  constructor(private readonly passing: OperationsPassing) {}

  @Get('all/*')
  all(
    @SessionOf() session: CurrentSession,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<FromAllApps<unknown>> {
    const asked = askedPath(request.url, `${prefix}all/`);
    if (asked === undefined) throw noSuchCall('an address that is none');
    void reply.header('cache-control', 'no-store');
    return this.passing.all(session, request.ip, asked, closedBy(reply));
  }

  @All(':app/*')
  async one(
    @SessionOf() session: CurrentSession,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asked = askedPath(request.url, prefix, true);
    const method = methods.find((one) => one === request.method);
    const [app, ...segments] = asked?.segments ?? [];
    if (asked === undefined || app === undefined || method === undefined)
      throw noSuchCall(`${request.method} and an address that is none`);
    const { body, headers } = request;
    const key = headers['idempotency-key'];
    const answer = await this.passing.one(
      session,
      request.ip,
      app,
      { ...asked, segments },
      {
        method,
        ...(typeof body === 'object' && body !== null ? { body } : {}),
        ...(headers['if-match'] === undefined ? {} : { ifMatch: headers['if-match'] }),
        ...(typeof key === 'string' ? { key } : {}),
      },
      closedBy(reply),
    );
    await passOn(reply, { app, ...answer });
  }
}
