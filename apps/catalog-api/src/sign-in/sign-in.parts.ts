import { LdapDirectory } from './ldap-directory.js';
import { OidcController } from './oidc/oidc.controller.js';
import { OidcProvider } from './oidc/oidc-provider.js';
import { SignInCookie } from './oidc/sign-in-cookie.js';
import { AuthController } from './auth.controller.js';
import { AuthenticationService } from './authentication.service.js';
import { CallerLookup } from '../accounts/caller-lookup.js';
import { PasswordHashes } from '../accounts/password-hashes.js';
import { RequestSessions } from '../accounts/request-sessions.js';
import { SignInLimits } from './sign-in-limits.js';
import { SignOut } from './sign-out.js';
import { TokenService } from '../accounts/token.service.js';

/** Signing in and out, by password, directory and identity provider. */
export const authenticationParts = {
  controllers: [AuthController, OidcController],
  providers: [
    AuthenticationService,
    CallerLookup,
    LdapDirectory,
    OidcProvider,
    PasswordHashes,
    RequestSessions,
    SignInCookie,
    SignInLimits,
    SignOut,
    TokenService,
  ],
};
