import { Inject, Injectable } from '@nestjs/common';
import { messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { Refusal } from '../domain/errors.js';
import type { RequestWithCaller } from '../http/caller.decorator.js';
import { tokenOf } from '../http/request-parts.js';
import { OidcProvider } from './oidc/oidc-provider.js';
import { TokenService } from '../accounts/token.service.js';

export interface SignOutAnswer {
  readonly logout: 'successful';
  /** Where people who came through a provider leave it, too. */
  readonly logoutURL?: string;
}

/** Ends a session: its token stands for nobody from then on. */
@Injectable()
export class SignOut {
  constructor(
    private readonly tokens: TokenService,
    private readonly provider: OidcProvider,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws Refusal 401 for an anonymous caller, with SciCat's bare text */
  async of(request: RequestWithCaller): Promise<SignOutAnswer> {
    const token = tokenOf(request);
    if (request.caller === undefined || token === undefined)
      throw new Refusal(401, 'Not logged in', 'Not logged in');
    await this.tokens.revoke(token);
    if (request.caller.authStrategy !== 'oidc') return { logout: 'successful' };
    const logoutURL = await this.addressOfLeaving();
    return { logout: 'successful', ...(logoutURL === undefined ? {} : { logoutURL }) };
  }

  /** The session here is over, whether the provider can be asked for its address or not. */
  private async addressOfLeaving(): Promise<string | undefined> {
    const { logoutUrl, oidc } = this.config.identity;
    if (logoutUrl !== undefined || oidc === undefined) return logoutUrl;
    try {
      return await this.provider.endSessionAddress();
    } catch (error) {
      this.logger.warn({ error: messageOf(error) }, 'the identity provider cannot be asked for its address');
      return undefined;
    }
  }
}
