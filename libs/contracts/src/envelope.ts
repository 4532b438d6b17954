import {
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  Min,
  Equals,
} from 'class-validator';

/** CloudEvents 1.0 in structured JSON: the outer form of every Catena message. */
export class Envelope<Payload = unknown> {
  @Equals('1.0')
  specversion: '1.0';

  /** The idempotency key: the same id is the same message, however often it is delivered. */
  @IsString()
  @MaxLength(100)
  id: string;

  /** `/catena/<app>` of the emitter. */
  @Matches(/^\/catena\/[a-z-]+$/)
  source: string;

  @Matches(/^[a-z]+\.[a-z0-9-]+\.v[1-9][0-9]*$/)
  type: string;

  /** The job id, work order id or dataset pid the message is about. */
  @IsString()
  @MaxLength(1000)
  subject: string;

  /** When the fact was recorded, ISO 8601 UTC. */
  @IsISO8601({ strict: true })
  time: string;

  @Equals('application/json')
  datacontenttype: 'application/json';

  /** W3C trace context of the request that started it all. */
  @IsOptional()
  @Matches(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
  traceparent?: string;

  /** Position among the messages of one `partitionkey`; a consumer ignores lower numbers than it has seen. */
  @IsInt()
  @Min(0)
  sequence: number;

  /** Messages with the same key are published in order. */
  @IsString()
  @MaxLength(1000)
  partitionkey: string;

  /** The id of the message that caused this one. */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  causationid?: string;

  @IsObject()
  data: Payload;
}
