import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { AccessRules } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import { personalConditionIn } from '../domain/personal-conditions.js';
import { maskEmails } from '../domain/personal-info.js';
import type { RequestWithCaller } from './caller.decorator.js';
import { LongList } from './long-list.js';

/** With `MASK_PERSONAL_INFO`, e-mail addresses of others are shown to admins only, and only they can search by them. */
@Injectable()
export class PersonalInfoInterceptor implements NestInterceptor {
  constructor(
    private readonly rules: AccessRules,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (!this.config.edge.masksPersonalInfo || context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<RequestWithCaller & FastifyRequest>();
    const { caller } = request;
    if (this.rules.isAdmin(caller)) return next.handle();
    const asked = personalConditionIn(
      request.query as Record<string, unknown>,
      request.headers['filter'],
      caller?.email,
    );
    if (asked !== undefined)
      throw new Refusal(
        403,
        `E-mail addresses of others are masked here: ${asked.slice(0, 200)} cannot be searched, sorted or counted by.`,
      );
    return next
      .handle()
      .pipe(
        map((result: unknown) =>
          result instanceof LongList
            ? result.map((row) => maskEmails(row, caller?.email))
            : maskEmails(result, caller?.email),
        ),
      );
  }
}
