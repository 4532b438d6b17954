import { Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Open } from '#service-host';
import { CallerLookup } from '../accounts/caller-lookup.js';
import { accessTable } from '../domain/access-table.js';
import { RequestSessions } from '../accounts/request-sessions.js';
import { Refusal } from '../domain/errors.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import type { RequestWithCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { EventStreams } from './event-streams.js';
import { EventTickets } from './event-tickets.js';

@Area('events')
@Controller({ path: 'events', version: '3' })
export class EventsController {
  constructor(
    private readonly tickets: EventTickets,
    private readonly streams: EventStreams,
    private readonly callers: CallerLookup,
    private readonly sessions: RequestSessions,
  ) {}

  @SignedIn({ anonymous: 401 })
  @Post('ticket')
  @Operation('sseControllerCreateTicketV3')
  async ticket(@Req() request: RequestWithCaller): Promise<{ ticket: string }> {
    return { ticket: await this.tickets.issue(this.sessions.of(request)) };
  }

  /** Server-sent events: `job` whenever a job that the listener may see has changed. */
  @Open('the ticket in the address says who listens')
  @Get('stream')
  @Operation('sseControllerStreamV3', { query: { ticket: 'From POST /events/ticket; good for one stream.' } })
  async stream(@Query('ticket') ticket: unknown, @Res() reply: FastifyReply): Promise<void> {
    const session = typeof ticket === 'string' ? await this.tickets.redeem(ticket) : undefined;
    const caller = session === undefined ? undefined : await this.callers.callerOfSession(session);
    if (session === undefined || caller === undefined) throw new Refusal(401, 'Unauthenticated');
    this.streams.openForAll(session, caller, reply);
  }

  @Admits(accessTable.event.connections)
  @Get('connections')
  @Operation('sseControllerConnectionsV3')
  connections(): { connections: number } {
    return { connections: this.streams.count };
  }
}
