import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { CatalogApiConfigToken } from '../catalog-api.tokens.js';
import { AccessRules } from '../domain/access.js';
import { maskEmails } from '../domain/personal-info.js';
import type { RequestWithCaller } from './caller.decorator.js';
import { LongList } from './long-list.js';

/** With `MASK_PERSONAL_INFO`, e-mail addresses of others are shown to admins only. */
@Injectable()
export class PersonalInfoInterceptor implements NestInterceptor {
  constructor(
    private readonly rules: AccessRules,
    @Inject(CatalogApiConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (!this.config.surroundings.masksPersonalInfo || context.getType() !== 'http') return next.handle();
    const { caller } = context.switchToHttp().getRequest<RequestWithCaller>();
    if (this.rules.isAdmin(caller)) return next.handle();
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
