import { timingSafeEqual } from 'node:crypto';
import {
  ForbiddenException,
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from './service-host.options.js';

interface Headers {
  readonly headers: { readonly authorization?: string };
}

/** Admits callers who know the app's operations token; where none is set, it refuses everyone. */
@Injectable()
export class OperatorsGuard implements CanActivate {
  static readonly asks = 'operators';

  constructor(@Inject(SERVICE_HOST_OPTIONS) private readonly options: ServiceHostOptions) {}

  /** @throws ForbiddenException without the app's operations token as a bearer token */
  canActivate(context: ExecutionContext): boolean {
    const { operationsToken } = this.options;
    const wanted = Buffer.from(`Bearer ${operationsToken ?? ''}`);
    const given = Buffer.from(context.switchToHttp().getRequest<Headers>().headers.authorization ?? '');
    const admitted =
      operationsToken !== undefined && wanted.length === given.length && timingSafeEqual(wanted, given);
    if (!admitted)
      throw new ForbiddenException(
        'Expected the operations token of this app (OPERATIONS_TOKEN) as a bearer token.',
      );
    return true;
  }
}
