import { timingSafeEqual } from 'node:crypto';
import { ForbiddenException } from '@nestjs/common';
import type { ServiceHostOptions } from './service-host.options.js';

/** @throws ForbiddenException without the app's operations token as a bearer token; nobody is let in where none is set */
export function admitOperator(
  { operationsToken }: Pick<ServiceHostOptions, 'operationsToken'>,
  authorization: string | undefined,
): void {
  const wanted = Buffer.from(`Bearer ${operationsToken ?? ''}`);
  const given = Buffer.from(authorization ?? '');
  const admitted =
    operationsToken !== undefined && wanted.length === given.length && timingSafeEqual(wanted, given);
  if (!admitted)
    throw new ForbiddenException(
      'Expected the operations token of this app (OPERATIONS_TOKEN) as a bearer token.',
    );
}
