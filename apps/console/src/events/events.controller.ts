import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ConsoleError } from '../edge/console-error.js';
import { SessionOf, SignedInHere } from '../session/session.guard.js';
import type { CurrentSession } from '../session/session.js';
import { ConsoleStreams } from './console-streams.js';
import { topics, type Topic } from './tab.js';

@SignedInHere()
@Controller('console/api/events')
export class EventsController {
  constructor(private readonly streams: ConsoleStreams) {}

  /** Server-sent events for an open page; see apps/console/README.md. */
  @Get()
  open(
    @Query('topics') asked: unknown,
    @Headers('last-event-id') lastEventId: string | undefined,
    @SessionOf() session: CurrentSession,
    @Res() reply: FastifyReply,
  ): void {
    this.streams.open(session, topicsIn(asked), lastEventId, reply);
  }
}

function topicsIn(asked: unknown): ReadonlySet<Topic> {
  const names = typeof asked === 'string' ? asked.split(',') : [];
  const found = names.flatMap((name) => topics.filter((topic) => topic === name));
  if (found.length > 0 && found.length === names.length) return new Set(found);
  throw new ConsoleError(
    400,
    'console.bad-request',
    `Expected topics=${topics.join(',')}, or one of them, found something else.`,
  );
}
