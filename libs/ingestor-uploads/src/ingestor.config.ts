import {
  bytes,
  configurationFrom,
  duration,
  integer,
  listFrom,
  present,
  refuse,
  withoutSlash,
  type Environment,
} from '#kernel';

/** Injection token of the validated configuration. */
export const IngestorConfigToken = Symbol('IngestorConfig');

/** And of its part about uploads, where there are any. */
export const UploadsConfigToken = Symbol('UploadsConfig');

/** What the ingestors' API reads from the environment of the app that serves it. See docs/configuration.md. */
export interface IngestorConfig {
  /** First part of its paths, without trailing slash. */
  readonly basePath: string;
  /** The address of the base path as ingestors reach it; undefined: as the request named it. */
  readonly url: string | undefined;
  /** Where SciCat's `url` action posts jobs; undefined: the door is shut. */
  readonly door: { readonly username: string; readonly password: string } | undefined;
  /** Undefined: nobody uploads this way. */
  readonly uploads: UploadsConfig | undefined;
}

/** Uploads by ingestors. Times in milliseconds, sizes in bytes. */
export interface UploadsConfig {
  readonly tokenSecret: string;
  /** Groups whose members may upload; `#all`: everybody who is signed in. */
  readonly groups: readonly string[];
  /** Clients that may renew tokens; empty: any. */
  readonly clientIds: readonly string[];
  readonly landingZoneBucket: string;
  /** Bytes that uploads under way and what they left in the landing zone may take. */
  readonly space: number;
  readonly tokenLifetime: number;
  readonly grantLifetime: number;
  readonly linkLifetime: number;
  /** Without a call an upload is thrown away after this. */
  readonly uploadLifetime: number;
  /** Files and parts that this process passes on at once. */
  readonly transfers: number;
  /** After which a sender that sends nothing is cut off. */
  readonly patience: number;
  /** For which whoever works on the end of an upload is left alone: longer than any single call may take. */
  readonly lease: number;
  /** Between two looks for uploads that nobody goes on with. */
  readonly sweepInterval: number;
  readonly oidc: OidcTokensConfig | undefined;
}

/** A provider whose access tokens are taken beside those of the catalogue. */
export interface OidcTokensConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly usernameClaim: string;
  readonly groupsClaim: string;
}

/** Connections to the object store that an app needs; those that pass bytes on for ingestors take none of the others'. */
export function storeConnections({ uploads }: IngestorConfig): number {
  return 64 + (uploads?.transfers ?? 0);
}

const shortestSecret = 32;

/** @throws PermanentError `kernel.configuration` that names everything wrong at once */
export function ingestorConfigFrom(environment: Environment): IngestorConfig {
  return configurationFrom(environment, read);
}

function read(environment: Environment): IngestorConfig {
  return {
    basePath: basePathFrom(environment),
    url: urlFrom(environment),
    door: doorFrom(environment),
    uploads: uploadsFrom(environment),
  };
}

function basePathFrom(environment: Environment): string {
  const path = withoutSlash(environment['INGESTOR_BASE_PATH'] ?? '/archiver/api/v1');
  if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(path) || /^\/api(\/|$)/i.test(path))
    refuse(
      environment,
      `Expected INGESTOR_BASE_PATH to be a path such as /archiver/api/v1 that does not begin with /api, found ${JSON.stringify(path)}.`,
    );
  return path;
}

function urlFrom(environment: Environment): string | undefined {
  const url = present(environment['INGESTOR_URL']);
  if (url === undefined) return undefined;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    refuse(
      environment,
      `Expected INGESTOR_URL to be the address of INGESTOR_BASE_PATH as ingestors reach it, such as https://catena.example.org/archiver/api/v1, found ${JSON.stringify(url)}.`,
    );
  return withoutSlash(url);
}

/** Half an account is a mistake; none keeps the door shut. */
function doorFrom(environment: Environment): IngestorConfig['door'] {
  const username = environment['JOB_ENDPOINT_USERNAME'] ?? '';
  const password = environment['JOB_ENDPOINT_PASSWORD'] ?? '';
  if (username === '' && password === '') return undefined;
  if (username === '' || password === '' || username.includes(':'))
    refuse(
      environment,
      "Expected both JOB_ENDPOINT_USERNAME (without a colon) and JOB_ENDPOINT_PASSWORD, which SciCat's url action sends, or neither: then no job comes in by HTTP.",
    );
  return { username, password };
}

function uploadsFrom(environment: Environment): UploadsConfig | undefined {
  const tokenSecret = present(environment['INGESTOR_TOKEN_SECRET']);
  const groups = groupsFrom(environment);
  if (tokenSecret === undefined) {
    if (groups.length > 0)
      refuse(
        environment,
        'INGESTOR_GROUPS is set without INGESTOR_TOKEN_SECRET: set the secret (32 characters or more), or remove the groups.',
      );
    return undefined;
  }
  if (tokenSecret.length < shortestSecret)
    refuse(
      environment,
      `Expected INGESTOR_TOKEN_SECRET to have at least ${shortestSecret} characters, found ${tokenSecret.length}: make one with \`openssl rand -base64 36\`.`,
    );
  if (groups.length === 0)
    refuse(
      environment,
      'Expected INGESTOR_GROUPS to name the groups whose members may upload (#all: everybody who is signed in), found none.',
    );
  return {
    tokenSecret,
    groups,
    clientIds: listFrom(environment['INGESTOR_CLIENT_IDS']),
    landingZoneBucket: environment['LANDING_ZONE_BUCKET'] ?? 'landing-zone',
    space: bytes(environment, 'INGESTOR_SPACE', '10TiB'),
    tokenLifetime: duration(environment, 'INGESTOR_TOKEN_LIFETIME', '1h'),
    grantLifetime: duration(environment, 'INGESTOR_GRANT_LIFETIME', '7d'),
    linkLifetime: duration(environment, 'INGESTOR_LINK_LIFETIME', '1h'),
    uploadLifetime: duration(environment, 'INGESTOR_UPLOAD_LIFETIME', '7d'),
    transfers: integer(environment, 'INGESTOR_TRANSFERS', 64),
    patience: duration(environment, 'INGESTOR_PATIENCE', '60s'),
    lease: duration(environment, 'INGESTOR_LEASE', '10m'),
    sweepInterval: duration(environment, 'INGESTOR_SWEEP_INTERVAL', '30s'),
    oidc: oidcFrom(environment),
  };
}

/** ScopeMArchiver's list has semicolons. */
function groupsFrom(environment: Environment): string[] {
  return listFrom(environment['INGESTOR_GROUPS']?.replaceAll(';', ','));
}

function oidcFrom(environment: Environment): OidcTokensConfig | undefined {
  const issuer = present(environment['INGESTOR_OIDC_ISSUER']);
  const audience = present(environment['INGESTOR_OIDC_AUDIENCE']);
  if (issuer === undefined && audience === undefined) return undefined;
  if (issuer === undefined || audience === undefined || !URL.canParse(issuer))
    refuse(
      environment,
      'Expected both INGESTOR_OIDC_ISSUER (an address) and INGESTOR_OIDC_AUDIENCE (what its tokens for uploads name), or neither.',
    );
  return {
    issuer: issuer ?? '',
    audience: audience ?? '',
    usernameClaim: environment['INGESTOR_OIDC_USERNAME_CLAIM'] ?? 'preferred_username',
    groupsClaim: environment['INGESTOR_OIDC_GROUPS_CLAIM'] ?? 'groups',
  };
}
