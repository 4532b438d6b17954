import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { catalogApiConfigFrom } from './catalog-api.config.js';
import { identityConfigFrom } from './identity.config.js';
import { edgeConfigFrom } from './edge.config.js';

const messageOf = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('The settings of sign-in', () => {
  it('are none by default, and then nobody is asked', () => {
    const { ldap, oidc, linksAccounts, groups, notices } = identityConfigFrom({});
    assert.deepEqual([ldap, oidc, linksAccounts], [undefined, undefined, false]);
    assert.deepEqual(
      [groups.static, groups.oidcClaim, groups.graphql, notices],
      [[], undefined, undefined, []],
    );
  });

  it('name everything that is wrong at once, each with its variable', () => {
    const text = messageOf(() =>
      identityConfigFrom({
        OIDC_ISSUER: 'https://provider.example',
        OIDC_SUCCESS_URL: 'https://frontend.example/home',
        OIDC_FRONTEND_CLIENTS: 'cli',
        LDAP_URL: 'ldap://directory.example',
        LDAP_SEARCH_FILTER: '(uid=anna)',
        LDAP_CA_FILE: '/nowhere/ca.pem',
        LDAP_GROUP_SEARCH_BASE: 'ou=groups',
        LDAP_GROUP_SEARCH_FILTER: '(objectClass=group)',
        LDAP_GROUP_ATTRIBUTE: 'c n',
        ACCESS_GROUPS_OIDCPAYLOAD_ENABLED: 'yes',
        ACCESS_GROUPS_GRAPHQL_ENABLED: 'yes',
        ACCESS_GROUP_SERVICE_API_URL: 'https://groups.example',
        ACCESS_GROUP_SERVICE_HANDLER: '/nowhere/handler.js',
        JWT_NEVER_EXPIRES: 'soon',
      }),
    );
    for (const name of [
      ...['OIDC_CLIENT_ID', 'OIDC_CALLBACK_URL', 'OIDC_SUCCESS_URL must end', 'OIDC_CLI_SUCCESS_URL'],
      ...['LDAP_SEARCH_BASE', 'LDAP_SEARCH_FILTER', 'OIDC_ACCESS_GROUPS_PROPERTY'],
      ...['/nowhere/ca.pem', 'LDAP_GROUP_SEARCH_FILTER must', 'LDAP_GROUP_ATTRIBUTE'],
      ...['/nowhere/handler.js', 'JWT_NEVER_EXPIRES'],
    ])
      assert.ok(text.includes(name), `expected ${name} in ${text}`);
  });

  it('that belong to nothing are refused, those without effect are named with what to do', () => {
    assert.match(
      messageOf(() => identityConfigFrom({ OIDC_CLIENT_ID: 'x' })),
      /OIDC_ISSUER/,
    );
    assert.match(
      messageOf(() => identityConfigFrom({ LDAP_SEARCH_BASE: 'dc=x' })),
      /LDAP_URL/,
    );
    assert.match(
      messageOf(() => identityConfigFrom({ LDAP_GROUP_SEARCH_FILTER: '(member={{dn}})' })),
      /LDAP_GROUP_SEARCH_BASE/,
    );
    assert.match(
      messageOf(() => identityConfigFrom({ LDAP_URL: 'ldaps://directory.example', LDAP_STARTTLS: 'true' })),
      /begin it with ldap:/,
    );
    const { notices } = identityConfigFrom({
      EXPRESS_SESSION_SECRET: 'x',
      OIDC_OTHER_SUCCESS_URL: 'http://x',
    });
    assert.equal(notices.length, 2);
    assert.match(notices.join(), /EXPRESS_SESSION_SECRET.*OIDC_FRONTEND_CLIENTS/s);
  });

  it('know the console, which gets codes in place of tokens', () => {
    const provider = {
      OIDC_ISSUER: 'https://provider.example',
      OIDC_CLIENT_ID: 'catena',
      OIDC_CALLBACK_URL: 'https://site.example/api/v3/auth/oidc/callback',
      OIDC_SUCCESS_URL: 'https://site.example/login',
    };
    const url = 'https://site.example/console/sign-in/oidc/done';
    const { oidc, notices } = identityConfigFrom({ ...provider, OIDC_CONSOLE_SUCCESS_URL: url });
    assert.deepEqual(oidc?.frontends.get('console'), {
      successUrl: url,
      returnUrl: undefined,
      codesOnly: true,
    });
    assert.equal(oidc?.frontends.get('scicat')?.codesOnly, false);
    assert.deepEqual(notices, []);
    assert.equal(identityConfigFrom(provider).oidc?.frontends.has('console'), false);
  });
});

describe('The settings around the catalogue', () => {
  it('name missing files, unknown names and missing addresses at once', () => {
    const text = messageOf(() =>
      edgeConfigFrom({
        FRONTEND_CONFIG_FILE: '/nowhere/frontend.json',
        CONFIG_SYNC_TO_DB_LIST: 'oddConfig,datasetTypes',
        LOGBOOK_ENABLED: 'yes',
        METRICS_ENABLED: 'yes',
        METRICS_CONFIG_FILE: '/nowhere/metrics.json',
      }),
    );
    for (const part of [
      'frontend.json',
      'oddConfig',
      'datasetTypes, whose file',
      'LOGBOOK_BASE_URL',
      'metrics.json',
    ])
      assert.ok(text.includes(part), `expected ${part} in ${text}`);
  });
});

describe('EMBARGO_TIME_ZONE', () => {
  const zoneOf = (zone?: string): string =>
    catalogApiConfigFrom({
      MONGODB_URI: 'mongodb://127.0.0.1:27017/x',
      RABBITMQ_URL: 'amqp://127.0.0.1',
      S3_ENDPOINT: 'http://127.0.0.1:9000',
      S3_ACCESS_KEY: 'key',
      S3_SECRET_KEY: 'secret',
      JWT_SECRET: 'secret',
      ...(zone === undefined ? {} : { EMBARGO_TIME_ZONE: zone }),
    }).embargoTimeZone;

  it('is UTC by default', () => {
    assert.equal(zoneOf(), 'UTC');
    assert.equal(zoneOf('Europe/Zurich'), 'Europe/Zurich');
  });

  it('is refused at start where there is no such zone', () => {
    for (const zone of ['Europe/Atlantis', '+01:00', ''])
      assert.match(
        messageOf(() => zoneOf(zone)),
        /Expected EMBARGO_TIME_ZONE to be the IANA name/,
      );
  });
});
