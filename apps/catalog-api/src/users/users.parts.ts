import { AccessGroups } from '../accounts/access-groups.js';
import { FunctionalAccounts } from '../accounts/functional-accounts.js';
import { SignInAccounts } from '../accounts/sign-in-accounts.js';
import { UserDirectory } from './user-directory.service.js';
import { UserIdentitiesController } from './user-identities.controller.js';
import { UserSettingsController } from './user-settings.controller.js';
import { UserSettings } from '../accounts/user-settings.service.js';
import { UserTokensController } from './user-tokens.controller.js';
import { UsersController } from './users.controller.js';

/** People, their settings and their identities. Fixed paths come before those with an id. */
export const usersParts = {
  controllers: [UserSettingsController, UserTokensController, UsersController, UserIdentitiesController],
  providers: [AccessGroups, FunctionalAccounts, SignInAccounts, UserDirectory, UserSettings],
};
