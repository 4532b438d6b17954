import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { SignInModule } from '../sign-in/sign-in.module.js';
import { CapabilitiesController } from './capabilities.controller.js';
import { UserDirectory } from './user-directory.service.js';
import { UserIdentitiesController } from './user-identities.controller.js';
import { UserSettingsController } from './user-settings.controller.js';
import { UserTokensController } from './user-tokens.controller.js';
import { UsersController } from './users.controller.js';

/** People, their settings and their identities. Fixed paths come before those with an id. */
@Module({
  imports: [AccountsModule, SignInModule],
  controllers: [
    CapabilitiesController,
    UserSettingsController,
    UserTokensController,
    UsersController,
    UserIdentitiesController,
  ],
  providers: [UserDirectory],
})
export class UsersModule {}
