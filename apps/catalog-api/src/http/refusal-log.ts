import { Inject, Injectable } from '@nestjs/common';
import { withoutQuery } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { noteRefused } from '../counters/catalog-counters.js';
import type { RequestWithCaller } from './caller.decorator.js';

/** One line for each refused access: who, what, whereto; never a token or a password. */
@Injectable()
export class RefusalLog {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  refused(request: RequestWithCaller, status: number): void {
    noteRefused({ status: String(status) });
    this.logger.warn(
      {
        audit: 'access-refused',
        status,
        who: request.caller?.username ?? 'anonymous',
        from: request.ip,
        operation: `${request.method} ${request.routeOptions.url ?? ''}`,
        path: withoutQuery(request.url),
      },
      'access refused',
    );
  }
}
