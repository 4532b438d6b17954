import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AuthController } from './auth.controller.js';
import { AuthenticationService } from './authentication.service.js';
import { LdapDirectory } from './ldap-directory.js';
import { OidcProvider } from './oidc/oidc-provider.js';
import { OidcController } from './oidc/oidc.controller.js';
import { SignInCodes } from './oidc/sign-in-codes.js';
import { SignInCookie } from './oidc/sign-in-cookie.js';
import { SignInLimits } from './sign-in-limits.js';
import { SignOut } from './sign-out.js';

/** Signing in and out, by password, directory and identity provider. */
@Module({
  imports: [AccountsModule],
  controllers: [AuthController, OidcController],
  providers: [
    AuthenticationService,
    LdapDirectory,
    OidcProvider,
    SignInCodes,
    SignInCookie,
    SignInLimits,
    SignOut,
  ],
  exports: [AuthenticationService, SignInLimits, SignOut],
})
export class SignInModule {}
