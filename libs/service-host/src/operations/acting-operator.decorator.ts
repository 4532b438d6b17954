import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { operatorFrom, type Operator } from '#operations';

type AskingRequest = Parameters<typeof operatorFrom>[0];

/** Whom the caller of an operations call acts for: the guard has seen the token. */
export const ActingOperator = createParamDecorator((_: unknown, context: ExecutionContext): Operator =>
  operatorFrom(context.switchToHttp().getRequest<AskingRequest>()),
);
