import { timingSafeEqual } from 'node:crypto';
import {
  ForbiddenException,
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { operatorFrom } from '#operations';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from './service-host.options.js';

/** Admits callers who know the app's operations token; where none is set, it refuses everyone. */
@Injectable()
export class OperatorsGuard implements CanActivate {
  static readonly asks = 'operators';

  constructor(@Inject(SERVICE_HOST_OPTIONS) private readonly options: ServiceHostOptions) {}

  /**
   * @throws ForbiddenException without the app's operations token as a bearer token
   * @throws PermanentError `operations.wrong-name` for a caller's name that cannot be one
   */
  canActivate(context: ExecutionContext): boolean {
    const { operationsToken } = this.options;
    const request = context.switchToHttp().getRequest<Parameters<typeof operatorFrom>[0]>();
    const wanted = Buffer.from(`Bearer ${operationsToken ?? ''}`);
    const given = Buffer.from(String(request.headers['authorization'] ?? ''));
    const admitted =
      operationsToken !== undefined && wanted.length === given.length && timingSafeEqual(wanted, given);
    if (!admitted)
      throw new ForbiddenException(
        'Expected the operations token of this app (OPERATIONS_TOKEN) as a bearer token.',
      );
    // Whoever reads may not hide either: a name that cannot be one is refused whatever is asked for.
    operatorFrom(request);
    return true;
  }
}
