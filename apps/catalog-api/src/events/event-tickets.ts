import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { Session } from '../persistence/records.js';
import { Catalogue } from '../persistence/catalogue.js';

/** Milliseconds from asking for a stream to opening it. */
const life = 30_000;

/**
 * Browsers cannot send a header with an event stream, and tokens do not belong into addresses: a ticket opens one
 * stream, once, within half a minute, at any process. The stream lives as long as the session that asked for it.
 */
@Injectable()
export class EventTickets {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
  ) {}

  async issue(session: Session): Promise<string> {
    const ticket = randomBytes(32).toString('base64url');
    const expiresAt = new Date(this.clock.now().getTime() + life);
    const { userId } = session;
    await this.catalogue.eventTickets.insertOne({ _id: digestOf(ticket), userId, session, expiresAt });
    return ticket;
  }

  /** The session that asked for it; undefined when it is unknown, used or too old. */
  async redeem(ticket: string): Promise<Session | undefined> {
    const found = await this.catalogue.eventTickets.findOneAndDelete({ _id: digestOf(ticket) });
    return found !== null && found.expiresAt > this.clock.now() ? found.session : undefined;
  }
}

function digestOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64url');
}
