import { Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallerLookup } from '../authentication/caller-lookup.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { CurrentCaller } from '../http/caller.decorator.js';
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
    private readonly rules: AccessRules,
  ) {}

  @Post('ticket')
  @Operation('sseControllerCreateTicketV3')
  async ticket(@CurrentCaller() caller: Caller | undefined): Promise<{ ticket: string }> {
    return { ticket: await this.tickets.issue(signedIn(caller)._id) };
  }

  /** Server-sent events: `job` whenever a job that the listener may see has changed. */
  @Get('stream')
  @Operation('sseControllerStreamV3', { query: { ticket: 'From POST /events/ticket; good for one stream.' } })
  async stream(
    @Query('ticket') ticket: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const userId = typeof ticket === 'string' ? await this.tickets.redeem(ticket) : undefined;
    const caller = userId === undefined ? undefined : await this.callers.callerWithId(userId);
    this.streams.open(signedIn(caller), request, reply);
  }

  @Get('connections')
  @Operation('sseControllerConnectionsV3')
  connections(@CurrentCaller() caller: Caller | undefined): { connections: number } {
    gate(this.rules.admits(accessTable.event.connections, caller));
    return { connections: this.streams.count };
  }
}
