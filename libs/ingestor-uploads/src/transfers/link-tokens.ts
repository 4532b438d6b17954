import { createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { UploadsConfigToken, type UploadsConfig } from '../ingestor.config.js';

/** What an upload link lets its bearer send. */
export interface Link {
  readonly file: string;
  /** The grant that asked for it: a later one of the dataset makes it void. */
  readonly grant: string;
  /** Of an upload in parts. */
  readonly part?: { readonly multipart: string; readonly number: number };
}

interface Payload {
  readonly f: string;
  readonly g: string;
  /** Milliseconds since 1970. */
  readonly e: number;
  readonly m?: string;
  readonly n?: number;
}

/** Signs upload links; their bearer needs nothing else. */
@Injectable()
export class LinkTokens {
  constructor(
    private readonly clock: Clock,
    @Inject(UploadsConfigToken) private readonly config: UploadsConfig,
  ) {}

  /** @param until for which it is good at least; default: its life alone */
  sign({ file, grant, part }: Link, until?: Date): string {
    const e = Math.max(this.clock.now().getTime() + this.config.linkLifetime, until?.getTime() ?? 0);
    const payload: Payload = {
      ...{ f: file, g: grant, e },
      ...(part === undefined ? {} : { m: part.multipart, n: part.number }),
    };
    const body = Buffer.from(JSON.stringify(payload)).toString('base64url');
    return `${body}.${this.signatureOf(body)}`;
  }

  /** Undefined when it is forged or too old. */
  read(token: string): Link | undefined {
    const [body = '', signature = '', ...more] = token.split('.');
    if (more.length > 0) return undefined;
    const [given, wanted] = [Buffer.from(signature), Buffer.from(this.signatureOf(body))];
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
    const { f, g, e, m, n } = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Payload;
    if (e <= this.clock.now().getTime()) return undefined;
    return {
      ...{ file: f, grant: g },
      ...(m === undefined || n === undefined ? {} : { part: { multipart: m, number: n } }),
    };
  }

  /** Not the key of access tokens itself: a signature of one kind is none of the other. */
  private signatureOf(body: string): string {
    const key = createHmac('sha256', this.config.tokenSecret).update('upload link').digest();
    return createHmac('sha256', key).update(body).digest('base64url');
  }
}
