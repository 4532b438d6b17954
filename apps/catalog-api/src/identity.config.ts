import { existsSync } from 'node:fs';
import {
  certificatesFrom,
  configurationFrom,
  duration,
  integer,
  isOn,
  present,
  refuse,
  type Environment,
  listFrom,
} from '#kernel';

/** An LDAP or Active Directory server that knows the facility's people. */
export interface LdapConfig {
  readonly url: string;
  readonly bindDn: string;
  readonly bindCredentials: string;
  readonly searchBase: string;
  /** `{{username}}` stands for the name that was typed in. */
  readonly searchFilter: string;
  /** Nothing is said before the connection is encrypted (`ldap://` only). */
  readonly startsTls: boolean;
  /** PEM of the authorities that the directory's certificate may come from; undefined: those that Node knows. */
  readonly authorities: string | undefined;
  readonly groups: LdapGroupsConfig | undefined;
}

/** Groups of the directory that become groups of a person at each sign-in. */
export interface LdapGroupsConfig {
  readonly searchBase: string;
  /** `{{dn}}` stands for the person's entry, `{{username}}` for its `sAMAccountName` or `uid`. */
  readonly searchFilter: string;
  /** Whose values are the names of the group. */
  readonly attribute: string;
}

/** Where the browser goes after a sign-in that a frontend asked for. */
export interface OidcFrontend {
  readonly successUrl: string;
  readonly returnUrl: string | undefined;
  /** Whether it gets codes only: no token of its people ever stands in an address. */
  readonly codesOnly: boolean;
}

/** Claims of the provider that become parts of a user. */
export interface ClaimNames {
  readonly id: string;
  /** Joined by `_`. */
  readonly username: readonly string[];
  readonly displayName: string;
  readonly familyName: string;
  readonly email: string;
  readonly thumbnailPhoto: string;
  readonly provider: string;
}

/** An OpenID Connect provider. */
export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly callbackUrl: string;
  readonly scope: string;
  /** The client that people's command lines sign in with, if they may. It has no secret: a program on a person's machine keeps none. */
  readonly commandLineClientId: string | undefined;
  /** By name: `scicat` and those of `OIDC_FRONTEND_CLIENTS`. */
  readonly frontends: ReadonlyMap<string, OidcFrontend>;
  readonly claims: ClaimNames;
  /** Client ids whose id tokens are taken directly. */
  readonly tokenAudiences: readonly string[];
  /** How an account of an older SciCat without a known subject is found. */
  readonly userQuery: { readonly operator: 'or' | 'and'; readonly fields: readonly ('username' | 'email')[] };
  /** Whether the provider verifies all addresses without saying so of each. */
  readonly verifiesEmails: boolean;
}

export interface GraphqlGroupsConfig {
  readonly url: string;
  readonly token: string | undefined;
  /** A module of the facility with `query` and `responseProcessor`. */
  readonly handler: string;
}

/** Who callers are, and how they prove it. */
export interface IdentityConfig {
  readonly ldap: LdapConfig | undefined;
  readonly oidc: OidcConfig | undefined;
  /** Where people go to leave the provider's session too; undefined: the provider's own address. */
  readonly logoutUrl: string | undefined;
  readonly groups: {
    readonly static: readonly string[];
    /** Claim with a list of groups. */
    readonly oidcClaim: string | undefined;
    readonly graphql: GraphqlGroupsConfig | undefined;
  };
  /** Whether a sign-in from outside may take the existing account with the same verified e-mail. */
  readonly linksAccounts: boolean;
  /** Seconds of a token that is asked to last for ever. */
  readonly neverExpires: number;
  /** Failed sign-ins that are taken within the window (milliseconds); 0 for any number. */
  readonly signInLimits: {
    readonly perName: number;
    readonly perAddress: number;
    readonly window: number;
  };
  /** What is odd about the settings without being wrong; for the log. */
  readonly notices: readonly string[];
}

/** The console has a server: it gets codes, and no token of its people ever stands in an address. */
const consoleClient = 'console';
const hundredYears = 3_155_760_000;

/**
 * Reads the settings of sign-in.
 *
 * @throws PermanentError `kernel.configuration` that names everything wrong at once, each with what to do
 */
export function identityConfigFrom(environment: Environment): IdentityConfig {
  return configurationFrom(environment, read);
}

function read(environment: Environment): IdentityConfig {
  const problems: string[] = [];
  const config: IdentityConfig = {
    ldap: ldapFrom(environment, problems),
    oidc: oidcFrom(environment, problems),
    logoutUrl: present(environment['LOGOUT_URL']),
    groups: groupsFrom(environment, problems),
    linksAccounts: isOn(environment['SIGN_IN_LINKS_ACCOUNTS']),
    neverExpires: integer(environment, 'JWT_NEVER_EXPIRES', hundredYears),
    signInLimits: {
      perName: integer(environment, 'SIGN_IN_LIMIT_PER_NAME', 10, 0),
      perAddress: integer(environment, 'SIGN_IN_LIMIT_PER_ADDRESS', 100, 0),
      window: duration(environment, 'SIGN_IN_LIMIT_WINDOW', '1m'),
    },
    notices: noticesOf(environment),
  };
  if (problems.length > 0) refuse(environment, ...problems);
  return config;
}

function ldapFrom(environment: Environment, problems: string[]): LdapConfig | undefined {
  const url = present(environment['LDAP_URL']);
  const bindDn = present(environment['LDAP_BIND_DN']);
  const bindCredentials = present(environment['LDAP_BIND_CREDENTIALS']);
  const searchBase = present(environment['LDAP_SEARCH_BASE']);
  const searchFilter = present(environment['LDAP_SEARCH_FILTER']);
  const startsTls = isOn(environment['LDAP_STARTTLS']);
  const authorities = certificatesFrom(environment, 'LDAP_CA_FILE');
  const groups = ldapGroupsFrom(environment, problems);
  if (url === undefined) {
    if ([searchBase, bindDn, authorities, groups].some((value) => value !== undefined) || startsTls)
      problems.push(
        'LDAP_SEARCH_BASE, LDAP_BIND_DN, LDAP_STARTTLS, LDAP_CA_FILE or LDAP_GROUP_SEARCH_BASE is set without LDAP_URL: set LDAP_URL or remove them.',
      );
    return undefined;
  }
  if (!/^ldaps?:\/\/./.test(url) || !URL.canParse(url))
    problems.push(`LDAP_URL must begin with ldap:// or ldaps://, found ${url}.`);
  if (startsTls && !url.startsWith('ldap://'))
    problems.push(
      `LDAP_STARTTLS encrypts a connection that began in the clear, found LDAP_URL=${url}: begin it with ldap://, or remove LDAP_STARTTLS.`,
    );
  if (searchBase === undefined)
    problems.push(
      'LDAP_URL is set without LDAP_SEARCH_BASE: name the part of the directory that holds the people.',
    );
  if (searchFilter === undefined || !searchFilter.includes('{{username}}'))
    problems.push(
      'LDAP_SEARCH_FILTER must contain {{username}}, for example LDAP_SEARCH_FILTER=(sAMAccountName={{username}}).',
    );
  if ((bindDn === undefined) !== (bindCredentials === undefined))
    problems.push('LDAP_BIND_DN and LDAP_BIND_CREDENTIALS belong together: set both, or none of them.');
  return {
    url,
    bindDn: bindDn ?? '',
    bindCredentials: bindCredentials ?? '',
    searchBase: searchBase ?? '',
    searchFilter: searchFilter ?? '',
    startsTls,
    authorities,
    groups,
  };
}

function ldapGroupsFrom(environment: Environment, problems: string[]): LdapGroupsConfig | undefined {
  const searchBase = present(environment['LDAP_GROUP_SEARCH_BASE']);
  const searchFilter = present(environment['LDAP_GROUP_SEARCH_FILTER']);
  const attribute = present(environment['LDAP_GROUP_ATTRIBUTE'] ?? 'cn');
  if (searchBase === undefined) {
    if (searchFilter !== undefined)
      problems.push(
        'LDAP_GROUP_SEARCH_FILTER is set without LDAP_GROUP_SEARCH_BASE: name the part of the directory that holds the groups, or remove it.',
      );
    return undefined;
  }
  if (searchFilter === undefined || !/\{\{(dn|username)\}\}/.test(searchFilter))
    problems.push(
      'LDAP_GROUP_SEARCH_FILTER must contain {{dn}} or {{username}}, or everybody would be in every group; for example LDAP_GROUP_SEARCH_FILTER=(member={{dn}}).',
    );
  if (attribute === undefined || !/^[A-Za-z][\w;-]*$/.test(attribute))
    problems.push('LDAP_GROUP_ATTRIBUTE must be the name of an attribute of groups, for example cn.');
  return { searchBase, searchFilter: searchFilter ?? '', attribute: attribute ?? '' };
}

function oidcFrom(environment: Environment, problems: string[]): OidcConfig | undefined {
  const issuer = present(environment['OIDC_ISSUER']);
  const clientId = present(environment['OIDC_CLIENT_ID']);
  const clientSecret = present(environment['OIDC_CLIENT_SECRET']);
  const commandLineClientId = present(environment['OIDC_COMMAND_LINE_CLIENT_ID']);
  const callbackUrl = present(environment['OIDC_CALLBACK_URL']);
  if (issuer === undefined) {
    if (clientId !== undefined)
      problems.push('OIDC_CLIENT_ID is set without OIDC_ISSUER: set OIDC_ISSUER or remove it.');
    if (commandLineClientId !== undefined)
      problems.push('OIDC_COMMAND_LINE_CLIENT_ID is set without OIDC_ISSUER: set OIDC_ISSUER or remove it.');
    return undefined;
  }
  if (!isUrl(issuer)) problems.push(`OIDC_ISSUER must be a URL, found ${issuer}.`);
  if (clientId === undefined)
    problems.push('OIDC_ISSUER is set without OIDC_CLIENT_ID: set the client id the provider gave you.');
  if (callbackUrl === undefined || !isUrl(callbackUrl))
    problems.push(
      'OIDC_ISSUER needs OIDC_CALLBACK_URL, the address of /api/v3/auth/oidc/callback as browsers see it.',
    );
  if (clientSecret !== undefined && commandLineClientId === clientId)
    problems.push(
      'OIDC_COMMAND_LINE_CLIENT_ID must not be OIDC_CLIENT_ID, which has a secret: ask the provider for a public client (native application).',
    );
  return {
    issuer,
    clientId: clientId ?? '',
    clientSecret,
    commandLineClientId,
    callbackUrl: callbackUrl ?? '',
    scope: environment['OIDC_SCOPE'] ?? 'openid profile email',
    frontends: frontendsFrom(environment, problems),
    claims: claimsFrom(environment),
    tokenAudiences: [
      clientId ?? '',
      ...(commandLineClientId === undefined ? [] : [commandLineClientId]),
      ...listFrom(environment['OIDC_TOKEN_AUDIENCES']),
    ],
    userQuery: userQueryFrom(environment, problems),
    verifiesEmails: isOn(environment['OIDC_EMAILS_ARE_VERIFIED']),
  };
}

function frontendsFrom(environment: Environment, problems: string[]): Map<string, OidcFrontend> {
  const frontends = new Map<string, OidcFrontend>();
  const add = (name: string, variable: string, successUrl: string | undefined, back?: string): void => {
    if (successUrl === undefined || !isUrl(successUrl))
      problems.push(`${variable} must be the URL to which browsers of the client "${name}" return.`);
    else frontends.set(name, { successUrl, returnUrl: present(back), codesOnly: name === consoleClient });
  };
  const success = present(environment['OIDC_SUCCESS_URL']);
  add('scicat', 'OIDC_SUCCESS_URL', success, environment['OIDC_RETURN_URL']);
  if (success !== undefined && !/\/(login|auth-callback)\/?$/.test(success))
    problems.push(`OIDC_SUCCESS_URL must end in /login or /auth-callback, found ${success}.`);
  for (const name of listFrom(environment['OIDC_FRONTEND_CLIENTS'])) {
    if (name === 'scicat' || name === consoleClient) continue;
    const prefix = `OIDC_${name.toUpperCase()}`;
    const back = environment[`${prefix}_RETURN_URL`];
    add(name, `${prefix}_SUCCESS_URL`, present(environment[`${prefix}_SUCCESS_URL`]), back);
  }
  const ofConsole = present(environment['OIDC_CONSOLE_SUCCESS_URL']);
  if (ofConsole !== undefined) add(consoleClient, 'OIDC_CONSOLE_SUCCESS_URL', ofConsole);
  return frontends;
}

function claimsFrom(environment: Environment): ClaimNames {
  return {
    id: environment['OIDC_USERINFO_MAPPING_FIELD_ID'] ?? 'sub',
    username: listFrom(environment['OIDC_USERINFO_MAPPING_FIELD_USERNAME'] ?? 'preferred_username'),
    displayName: environment['OIDC_USERINFO_MAPPING_FIELD_DISPLAYNAME'] ?? 'name',
    familyName: environment['OIDC_USERINFO_MAPPING_FIELD_FAMILYNAME'] ?? 'family_name',
    email: environment['OIDC_USERINFO_MAPPING_FIELD_EMAIL'] ?? 'email',
    thumbnailPhoto: environment['OIDC_USERINFO_MAPPING_FIELD_THUMBNAILPHOTO'] ?? 'picture',
    provider: environment['OIDC_USERINFO_MAPPING_FIELD_PROVIDER'] ?? 'iss',
  };
}

function userQueryFrom(environment: Environment, problems: string[]): OidcConfig['userQuery'] {
  const operator = environment['OIDC_USERQUERY_OPERATOR'] ?? 'or';
  if (operator !== 'or' && operator !== 'and')
    problems.push(`OIDC_USERQUERY_OPERATOR must be "or" or "and", found ${operator}.`);
  // SciCat writes `field:claim` pairs; what a claim is called is said by the mapping.
  const fields = listFrom(environment['OIDC_USERQUERY_FILTER'] ?? 'username, email').map(
    (pair) => pair.split(':')[0]?.trim() ?? '',
  );
  const known = fields.filter((field): field is 'username' | 'email' => /^(username|email)$/.test(field));
  if (known.length !== fields.length)
    problems.push('OIDC_USERQUERY_FILTER may name username and email only, for example "username:username".');
  return { operator: operator === 'and' ? 'and' : 'or', fields: known };
}

function groupsFrom(environment: Environment, problems: string[]): IdentityConfig['groups'] {
  const claim =
    present(environment['OIDC_ACCESS_GROUPS_PROPERTY']) ??
    present(environment['OIDC_USERINFO_MAPPING_FIELD_GROUP']);
  const fromClaims = isOn(environment['ACCESS_GROUPS_OIDCPAYLOAD_ENABLED']);
  if (fromClaims && claim === undefined)
    problems.push(
      'ACCESS_GROUPS_OIDCPAYLOAD_ENABLED needs OIDC_ACCESS_GROUPS_PROPERTY, the claim with the list of groups.',
    );
  return {
    static:
      environment['ACCESS_GROUPS_STATIC_ENABLED'] === 'false'
        ? []
        : listFrom(environment['ACCESS_GROUPS_STATIC_VALUES']),
    oidcClaim: fromClaims ? claim : undefined,
    graphql: graphqlFrom(environment, problems),
  };
}

function graphqlFrom(environment: Environment, problems: string[]): GraphqlGroupsConfig | undefined {
  if (!isOn(environment['ACCESS_GROUPS_GRAPHQL_ENABLED'])) return undefined;
  const url = present(environment['ACCESS_GROUP_SERVICE_API_URL']);
  const handler = present(environment['ACCESS_GROUP_SERVICE_HANDLER']);
  if (url === undefined || !isUrl(url))
    problems.push(
      'ACCESS_GROUPS_GRAPHQL_ENABLED needs ACCESS_GROUP_SERVICE_API_URL, the URL of the service.',
    );
  if (handler === undefined)
    problems.push(
      'ACCESS_GROUPS_GRAPHQL_ENABLED needs ACCESS_GROUP_SERVICE_HANDLER, a module with query and responseProcessor.',
    );
  else if (!existsSync(handler))
    problems.push(`ACCESS_GROUP_SERVICE_HANDLER names ${handler}, which is not there: correct the path.`);
  return {
    url: url ?? '',
    handler: handler ?? '',
    token: present(environment['ACCESS_GROUP_SERVICE_TOKEN']),
  };
}

/** Settings of SciCat that Catena does without, and what to do about them. */
const withoutEffect: Readonly<Record<string, string>> = {
  EXPRESS_SESSION_SECRET: 'sign-ins under way are kept in a sealed cookie; remove it',
  EXPRESS_SESSION_STORE: 'there is no session store; remove it',
  LDAP_MODE: 'the search filter decides; remove it',
  LDAP_EXTERNAL_ID: 'the external id is sAMAccountName or uid; remove it',
  LDAP_USERNAME: 'the user name is the display name; remove it',
  OIDC_AUTO_LOGOUT: 'clients get the logout address and follow it; remove it',
  ELASTICSEARCH_ENABLED: 'searches are answered by the database; remove it',
};

function noticesOf(environment: Environment): string[] {
  const named = Object.entries(withoutEffect)
    .filter(([name]) => present(environment[name]) !== undefined && environment[name] !== 'no')
    .map(([name, advice]) => `${name} has no effect here: ${advice}.`);
  const clients = listFrom(environment['OIDC_FRONTEND_CLIENTS']).map((name) => name.toUpperCase());
  const strangers = Object.keys(environment)
    .map((name) => /^OIDC_([A-Z0-9_]+)_SUCCESS_URL$/.exec(name)?.[1])
    .filter(
      (client): client is string => client !== undefined && client !== 'CONSOLE' && !clients.includes(client),
    )
    .map(
      (client) => `OIDC_${client}_SUCCESS_URL belongs to no client: add its name to OIDC_FRONTEND_CLIENTS.`,
    );
  return [...named, ...strangers];
}

function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}
