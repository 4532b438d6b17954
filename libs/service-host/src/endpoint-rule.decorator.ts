import { applyDecorators, SetMetadata, UseFilters, UseGuards } from '@nestjs/common';
import { DatabaseErrors } from './operations/database-errors.js';
import { OperationsErrors } from './operations/operations-errors.js';
import { OperatorsGuard } from './operators.guard.js';

/** Who may call an endpoint. Apps have kinds of their own, with a guard that asks them. */
export interface EndpointRule {
  readonly kind: string;
  /** For readers: what makes it right. */
  readonly why?: string;
}

const key = 'catena:endpoint-rule';

/** Gives an endpoint, or all of a class that have none of their own, a rule: for decorators of an app's own kinds. */
export const Ruled = (rule: EndpointRule): ClassDecorator & MethodDecorator => SetMetadata(key, rule);

/** Every client that reaches the port may call it. @param why for readers: what makes that right */
export const Open = (why: string): ClassDecorator & MethodDecorator => Ruled({ kind: 'open', why });

/** Those who know the app's operations token (`OPERATIONS_TOKEN`). */
export const Operators = (): ClassDecorator & MethodDecorator =>
  applyDecorators(
    Ruled({ kind: 'operators' }),
    UseGuards(OperatorsGuard),
    UseFilters(OperationsErrors, DatabaseErrors),
  );

/** The rule of an endpoint: its own, or that of its class; never that of a class which this one extends. */
export function ruleOf(handler: object, controller: object): EndpointRule | undefined {
  return (Reflect.getOwnMetadata(key, handler) ?? Reflect.getOwnMetadata(key, controller)) as
    EndpointRule | undefined;
}
