import { Controller, Get, Headers, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Open } from '#service-host';
import { CallerLookup } from '../accounts/caller-lookup.js';
import { accessTable } from '../domain/access-table.js';
import { RequestSessions } from '../accounts/request-sessions.js';
import { Refusal } from '../domain/errors.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import type { RequestWithCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import type { Session } from '../persistence/records.js';
import { EventStreams } from './event-streams.js';
import { EventTickets } from './event-tickets.js';

@Area('events')
@Controller({ path: 'events', version: ['3', '4'] })
export class EventsController {
  constructor(
    private readonly tickets: EventTickets,
    private readonly streams: EventStreams,
    private readonly callers: CallerLookup,
    private readonly sessions: RequestSessions,
  ) {}

  @SignedIn({ anonymous: 401 })
  @Post('ticket')
  @Operation({ '3': 'sseControllerCreateTicketV3', '4': 'sseControllerCreateTicketV4' })
  async ticket(@Req() request: RequestWithCaller): Promise<{ ticket: string }> {
    return { ticket: await this.tickets.issue(this.sessions.of(request)) };
  }

  /**
   * Server-sent events: `job`, with the row of a job that the listener may see, whenever it has changed. With the id of the event
   * that was heard last in `Last-Event-ID`, what was missed within two minutes comes first; `reset` says that more was missed.
   */
  @Open('the ticket in the address, or the token in the header, says who listens')
  @Get('stream')
  @Operation(
    { '3': 'sseControllerStreamV3', '4': 'sseControllerStreamV4' },
    {
      query: {
        ticket:
          'From POST /events/ticket; good for one stream. Without it: a token in the header Authorization.',
      },
    },
  )
  async stream(
    @Query('ticket') ticket: unknown,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: RequestWithCaller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const session = await this.sessionOf(ticket, request);
    const caller = session === undefined ? undefined : await this.callers.callerOfSession(session);
    if (session === undefined || caller === undefined) throw new Refusal(401, 'Unauthenticated');
    this.streams.openForAll(session, caller, reply, lastEventId);
  }

  private async sessionOf(ticket: unknown, request: RequestWithCaller): Promise<Session | undefined> {
    if (typeof ticket === 'string') return this.tickets.redeem(ticket);
    // A token in the address would be written into logs.
    return request.headers.authorization === undefined ? undefined : this.sessions.of(request);
  }

  @Admits(accessTable.event.connections)
  @Get('connections')
  @Operation({ '3': 'sseControllerConnectionsV3', '4': 'sseControllerConnectionsV4' })
  connections(): { connections: number } {
    return { connections: this.streams.count };
  }
}
