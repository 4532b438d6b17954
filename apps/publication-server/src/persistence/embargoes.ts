import { Inject, Injectable } from '@nestjs/common';
import { embargoOf } from '#datacite';
import { Clock } from '#kernel';
import type { PublicRecord } from '#publication-feed';
import { ConfigToken, type PublicationServerConfig } from '../publication-server.config.js';

/** The parts of a record that say when its files become public. */
export interface EmbargoedRecord {
  readonly embargoUntil?: string;
  readonly resource: Pick<PublicRecord['resource'], 'dates'>;
}

/** The clock alone decides: no message lifts an embargo. */
@Injectable()
export class Embargoes {
  readonly timeZone: string;

  constructor(
    private readonly clock: Clock,
    @Inject(ConfigToken) { embargoTimeZone }: PublicationServerConfig,
  ) {
    this.timeZone = embargoTimeZone;
  }

  /** The end of an embargo that lies ahead. */
  endOf(record: EmbargoedRecord): Date | undefined {
    return embargoEnd(record, this.clock.now(), this.timeZone);
  }
}

/** What the catalogue has counted and what the metadata say, whichever is later: it counted whole days once. */
export function embargoEnd(
  { embargoUntil, resource }: EmbargoedRecord,
  now: Date,
  timeZone: string,
): Date | undefined {
  const ends = [
    ...(embargoUntil === undefined ? [] : [new Date(embargoUntil)]),
    embargoOf(resource, now, timeZone) ?? now,
  ];
  const end = new Date(Math.max(...ends.map((time) => time.getTime())));
  return end > now ? end : undefined;
}
