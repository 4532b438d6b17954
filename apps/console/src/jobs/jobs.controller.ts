import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConsoleJobs, Why } from '#console-api';
import { closedBy } from '../edge/closed-by.js';
import { ConsoleError, noSuchCall } from '../edge/console-error.js';
import { SessionOf, SignedInHere } from '../session/session.guard.js';
import type { CurrentSession } from '../session/session.js';
import { Jobs, type Asking, type JobParts, type JobTrail, type PartsQuery } from './jobs.service.js';

const longestId = 200;
const maxParts = 200;

@SignedInHere()
@Controller('console/api/jobs')
export class JobsController {
  constructor(private readonly jobs: Jobs) {}

  /** Rows with the query of catalog-api's `jobs/rows`, and why those wait that are not over. */
  @Get()
  list(
    @SessionOf() session: CurrentSession,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConsoleJobs> {
    const [, query] = request.url.split('?', 2);
    return this.jobs.list(asking(session, request, reply), query === undefined ? '' : `?${query}`);
  }

  @Get(':id/why')
  why(
    @Param('id') id: string,
    @SessionOf() session: CurrentSession,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Why> {
    return this.jobs.why(asking(session, request, reply), checked(id));
  }

  @Get(':id/parts')
  parts(
    @Param('id') id: string,
    @Query() query: Readonly<Record<string, unknown>>,
    @SessionOf() session: CurrentSession,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobParts> {
    return this.jobs.parts(asking(session, request, reply), checked(id), partsQueryFrom(query));
  }

  @Get(':id/trail')
  trail(
    @Param('id') id: string,
    @SessionOf() session: CurrentSession,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JobTrail> {
    return this.jobs.trail(asking(session, request, reply), checked(id));
  }
}

function asking(session: CurrentSession, request: FastifyRequest, reply: FastifyReply): Asking {
  void reply.header('cache-control', 'no-store');
  return { session, from: request.ip, signal: closedBy(reply) };
}

/** An id is one part of an address, without signs that could make another address of it. */
function checked(id: string): string {
  if (id.length > 0 && id.length <= longestId && /^[^/\\\s]+$/.test(id) && !/^\.{1,2}$/.test(id)) return id;
  throw noSuchCall('an id that no job has');
}

function partsQueryFrom(query: Readonly<Record<string, unknown>>): PartsQuery {
  const { after, worksAfter, only, limit = '50', ...others } = query;
  const [unknown] = Object.keys(others);
  const count = Number(limit);
  const isText = [after, worksAfter].every((one) => one === undefined || typeof one === 'string');
  const isKnown = only === undefined || only === 'orders' || only === 'works';
  if (
    unknown !== undefined ||
    !isText ||
    !isKnown ||
    !Number.isInteger(count) ||
    count < 1 ||
    count > maxParts
  )
    throw new ConsoleError(
      400,
      'console.bad-request',
      `Expected in the query after, worksAfter, only (orders or works) and limit (1 to ${maxParts}), each once, found something else.`,
    );
  return {
    limit: count,
    ...(isKnown && only !== undefined ? { only } : {}),
    ...(typeof after === 'string' ? { after } : {}),
    ...(typeof worksAfter === 'string' ? { worksAfter } : {}),
  };
}
