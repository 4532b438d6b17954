import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ruleOf } from '#service-host';
import { AccessRules } from '../domain/access.js';
import type { CallerRule } from './admits.decorator.js';
import type { RequestWithCaller } from './caller.decorator.js';

/** Asks the rule of the endpoint, after the caller is known and before anybody looks at the body. */
@Injectable()
export class AdmitsGuard implements CanActivate {
  static readonly asks = 'caller';

  constructor(
    private readonly rules: AccessRules,
    private readonly modules: ModuleRef,
  ) {}

  /** @throws Refusal 401 or 403 */
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const rule = ruleOf(context.getHandler(), context.getClass());
    // The start refuses endpoints without a rule; should one get past it, nobody gets in.
    if (rule === undefined) return false;
    if (rule.kind !== 'caller') return true;
    const request = context.switchToHttp().getRequest<RequestWithCaller>();
    (rule as CallerRule).admit({
      caller: request.caller,
      rules: this.rules,
      request,
      get: (token) => this.modules.get(token, { strict: false }),
    });
    return true;
  }
}
