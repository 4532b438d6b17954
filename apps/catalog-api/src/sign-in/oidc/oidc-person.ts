import type { OidcConfig } from '../../identity.config.js';
import type { ExternalPerson } from '../../accounts/sign-in-accounts.js';
import type { Claims } from './oidc-provider.js';

/** The person whom a provider's claims describe, by the configured mapping. */
export function personFrom(
  claims: Claims,
  { claims: names, userQuery, issuer, verifiesEmails }: OidcConfig,
): ExternalPerson {
  const text = (name: string): string => {
    const value = claims[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const subject = text(names.id) || text('sub');
  const username = names.username
    .map(text)
    .filter((part) => part !== '')
    .join('_');
  // Anybody may claim an address that nobody verified: records are shared by address.
  const emailVerified = verifiesEmails || claims['email_verified'] === true;
  const photo = text(names.thumbnailPhoto);
  return {
    authStrategy: 'oidc',
    provider: text(names.provider) || issuer,
    externalId: subject,
    username: username || text('preferred_username') || text('name') || subject,
    displayName: text(names.displayName) || text(names.familyName) || username || subject,
    email: emailVerified ? text(names.email) : '',
    emailVerified,
    claims,
    userQuery,
    ...(photo === '' ? {} : { thumbnailPhoto: photo }),
  };
}
