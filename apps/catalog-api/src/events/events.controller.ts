import { Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CallerLookup } from '../authentication/caller-lookup.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { RequestSessions } from '../authentication/request-sessions.js';
import { Refusal } from '../domain/errors.js';
import { CurrentCaller, type RequestWithCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
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
    private readonly rules: AccessRules,
  ) {}

  @Post('ticket')
  @Operation('sseControllerCreateTicketV3')
  async ticket(
    @CurrentCaller() caller: Caller | undefined,
    @Req() request: RequestWithCaller,
  ): Promise<{ ticket: string }> {
    signedIn(caller);
    return { ticket: await this.tickets.issue(this.sessions.of(request)) };
  }

  /** Server-sent events: `job` whenever a job that the listener may see has changed. */
  @Get('stream')
  @Operation('sseControllerStreamV3', { query: { ticket: 'From POST /events/ticket; good for one stream.' } })
  async stream(@Query('ticket') ticket: unknown, @Res() reply: FastifyReply): Promise<void> {
    const session = typeof ticket === 'string' ? await this.tickets.redeem(ticket) : undefined;
    const caller = session === undefined ? undefined : await this.callers.callerOfSession(session);
    if (session === undefined || caller === undefined) throw new Refusal(401, 'Unauthenticated');
    this.streams.openForAll(session, caller, reply);
  }

  @Get('connections')
  @Operation('sseControllerConnectionsV3')
  connections(@CurrentCaller() caller: Caller | undefined): { connections: number } {
    gate(this.rules.admits(accessTable.event.connections, caller));
    return { connections: this.streams.count };
  }
}
