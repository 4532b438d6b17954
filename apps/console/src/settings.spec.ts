import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { consoleConfigFrom } from './console.config.js';

const least = {
  CATALOG_URL: 'http://catalog-api:3000/',
  CONSOLE_URL: 'https://site.example/console/',
  CONSOLE_SECRET: 'a secret of the test with enough characters',
  OPERATIONS_APPS_FILE: '/run/secrets/operations-apps',
};

describe('Settings of the console', () => {
  it('need little, and offer little', () => {
    const config = consoleConfigFrom(least);
    assert.deepEqual(
      [config.catalogUrl, config.publicCatalogUrl, config.publicUrl, config.port],
      ['http://catalog-api:3000', 'http://catalog-api:3000', 'https://site.example/console', 3006],
    );
    assert.deepEqual(
      [config.signIn, config.emergencyToken, config.languages],
      [['local'], undefined, ['en', 'de']],
    );
    assert.deepEqual(config.links, {});
    assert.deepEqual([config.rabbitmqUrl, config.prefix], [undefined, 'catena']);
  });

  it('name ways to sign in, languages and pages of other programs', () => {
    const config = consoleConfigFrom({
      ...least,
      CATALOG_PUBLIC_URL: 'https://site.example/',
      CONSOLE_SIGN_IN: 'oidc, ldap,oidc',
      CONSOLE_LANGUAGES: 'de',
      BROKER_PAGE_URL: '',
      LOGS_PAGE_URL: 'https://logs.example/?job={jobId}&trace={traceId}',
    });
    assert.equal(config.publicCatalogUrl, 'https://site.example');
    assert.deepEqual([config.signIn, config.languages], [['oidc', 'ldap'], ['de']]);
    assert.deepEqual(config.links, { logs: 'https://logs.example/?job={jobId}&trace={traceId}' });
  });

  for (const [name, value, found] of [
    ['CONSOLE_SECRET', 'short', /CONSOLE_SECRET to have at least 32 characters, found 5/],
    ['CONSOLE_EMERGENCY_TOKEN', 'short', /CONSOLE_EMERGENCY_TOKEN to have at least 32/],
    ['CONSOLE_URL', 'https://site.example/', /CONSOLE_URL .*its path is always \/console/],
    ['CONSOLE_URL', 'https://a:b@site.example/console', /CONSOLE_URL/],
    ['CONSOLE_SIGN_IN', 'local,saml', /CONSOLE_SIGN_IN some of local, ldap, oidc/],
    ['CONSOLE_SIGN_IN', ',', /CONSOLE_SIGN_IN/],
    ['CONSOLE_LANGUAGES', 'en,fr', /CONSOLE_LANGUAGES some of en, de/],
    ['CATALOG_URL', 'catalog-api:3000', /CATALOG_URL to be an address/],
    ['CATALOG_PUBLIC_URL', '/api', /CATALOG_PUBLIC_URL to be an address/],
    ['RABBITMQ_URL', 'broker:5672', /RABBITMQ_URL to be an address such as amqp/],
    ['LOGS_PAGE_URL', 'javascript:alert(1)', /LOGS_PAGE_URL to be an address/],
    ['THEME_FILE', '/nowhere.json', /\/nowhere\.json \(THEME_FILE\)/],
    ['PORT', 'x', /PORT to be a whole number/],
  ] as const)
    it(`refuse ${name}=${value}`, () => {
      assert.throws(
        () => consoleConfigFrom({ ...least, [name]: value }),
        ({ message }: Error) => {
          assert.match(message, found);
          return !message.includes(least.CONSOLE_SECRET);
        },
      );
    });

  it('tell all that is missing at once', () => {
    assert.throws(
      () => consoleConfigFrom({}),
      ({ message }: Error) => Object.keys(least).every((name) => message.includes(name)),
    );
  });
});
