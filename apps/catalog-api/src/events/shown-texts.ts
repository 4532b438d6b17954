import { Inject, Injectable } from '@nestjs/common';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { maskEmails } from '../domain/personal-info.js';

/** What of a text a listener may see: events pass no interceptor, which masks addresses elsewhere. */
@Injectable()
export class ShownTexts {
  constructor(
    private readonly rules: AccessRules,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  of(caller: Caller): (value: unknown) => unknown {
    if (!this.config.edge.masksPersonalInfo || this.rules.isAdmin(caller)) return (value) => value;
    return (value) => maskEmails(value, caller.email);
  }
}
