import { Module } from '@nestjs/common';
import { AccessGroups } from './access-groups.js';
import { CallerLookup } from './caller-lookup.js';
import { FunctionalAccounts } from './functional-accounts.js';
import { PasswordHashes } from './password-hashes.js';
import { RequestSessions } from './request-sessions.js';
import { SignInAccounts } from './sign-in-accounts.js';
import { TokenService } from './token.service.js';
import { UserSettings } from './user-settings.service.js';

/** Who there is: accounts, their groups and settings, and the tokens that stand for them. */
@Module({
  providers: [
    AccessGroups,
    CallerLookup,
    FunctionalAccounts,
    PasswordHashes,
    RequestSessions,
    SignInAccounts,
    TokenService,
    UserSettings,
  ],
  exports: [
    CallerLookup,
    FunctionalAccounts,
    PasswordHashes,
    RequestSessions,
    SignInAccounts,
    TokenService,
    UserSettings,
  ],
})
export class AccountsModule {}
