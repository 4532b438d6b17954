import { createHash, timingSafeEqual } from 'node:crypto';
import {
  applyDecorators,
  HttpException,
  Inject,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Ruled } from '#service-host';
import { IngestorConfigToken, type IngestorConfig } from '../ingestor.config.js';

interface Reply {
  header(name: string, value: string): unknown;
}

/** Admits whoever has the account of the door, as SciCat's `url` action sends it; where none is set, it refuses everyone. */
@Injectable()
class JobDoorGuard implements CanActivate {
  static readonly asks = 'job-door';

  constructor(@Inject(IngestorConfigToken) private readonly config: IngestorConfig) {}

  /** @throws HttpException 401 in ScopeMArchiver's words */
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const { headers } = http.getRequest<{ headers: Readonly<Record<string, unknown>> }>();
    const { door } = this.config;
    const given = String(headers['authorization'] ?? '');
    const wanted =
      door && `Basic ${Buffer.from(`${door.username}:${door.password}`, 'utf8').toString('base64')}`;
    if (wanted !== undefined && timingSafeEqual(digestOf(given), digestOf(wanted))) return true;
    http.getResponse<Reply>().header('www-authenticate', 'Basic');
    throw new HttpException({ detail: 'Incorrect username or password' }, 401);
  }
}

/** The endpoint of jobs: those who know the account of the door. */
export const JobDoor = (): ClassDecorator & MethodDecorator =>
  applyDecorators(Ruled({ kind: JobDoorGuard.asks }), UseGuards(JobDoorGuard));

/** Equally long, so that the comparison tells nothing of what it compares. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
