import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  configurationFrom,
  secretVariables,
  withSecretsFromFiles,
  type Environment,
} from './configuration.js';
import { bytes, certificatesFrom, duration, integer, required } from './settings.js';

const read = (environment: Environment): object => ({
  secret: required(environment, 'JWT_SECRET', 'a-secret'),
  host: new URL(required(environment, 'CATALOG_URL', 'http://127.0.0.1:3000')).host,
  port: integer(environment, 'PORT', 3000),
  lease: duration(environment, 'LEASE', '60s'),
  size: bytes(environment, 'SIZE', '1KiB'),
});

describe('A configuration', () => {
  it('is told everything that is wrong with it at once, and each thing once', () => {
    assert.throws(
      () => configurationFrom({ PORT: 'x', LEASE: 'soon', SIZE: 'big' }, read),
      ({ code, message }: Error & { code: string }) => {
        assert.equal(code, 'kernel.configuration');
        const problems = message.split('\n').slice(1);
        for (const name of ['JWT_SECRET', 'CATALOG_URL', 'PORT', 'LEASE: ', 'SIZE: '])
          assert.equal(problems.filter((problem) => problem.includes(name)).length, 1, name);
        return problems.length === 5;
      },
    );
  });

  it('says a single problem as one sentence', () => {
    assert.throws(() => configurationFrom({ JWT_SECRET: 'x', CATALOG_URL: 'http://x', PORT: 'x' }, read), {
      message: 'Expected PORT to be a whole number of at least 1, found "x".',
    });
  });

  it('tells problems of readings inside readings in one list', () => {
    const outer = (environment: Environment): object => ({
      inner: configurationFrom(environment, read),
      limit: integer(environment, 'LIMIT', 1),
    });
    assert.throws(
      () => configurationFrom({ LIMIT: 'x', PORT: 'x' }, outer),
      /incomplete:\n {2}- [^\n]+\n {2}- [^\n]+\n {2}- [^\n]+\n {2}- [^\n]*LIMIT[^\n]+$/,
    );
  });

  it('lets faults of the program through as they are', () => {
    const fault = new TypeError('a fault of ours');
    const broken = (): never => {
      throw fault;
    };
    assert.throws(() => configurationFrom({}, broken), fault);
  });
});

describe('A secret', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'catena-secrets-'));
    writeFileSync(join(folder, 'secret'), 'from a file\n');
    writeFileSync(join(folder, 'empty'), '\n');
  });
  after(() => rmSync(folder, { recursive: true }));
  const fileOf = (name: string): string => join(folder, name);

  for (const name of secretVariables)
    it(`is read from the file that ${name}_FILE names, without its last line break`, () => {
      const environment = { [`${name}_FILE`]: fileOf('secret') };
      assert.equal(
        configurationFrom(environment, (given) => required(given, name, 'x')),
        'from a file',
      );
    });

  it('may be one that only this configuration knows', () => {
    const environment = { MY_TOKEN_FILE: fileOf('secret') };
    assert.equal(
      configurationFrom(environment, (given) => given['MY_TOKEN'], ['MY_TOKEN']),
      'from a file',
    );
    assert.equal(withSecretsFromFiles(environment, ['MY_TOKEN'])['MY_TOKEN'], 'from a file');
  });

  it('that is given twice is refused, and so is a file that is missing or empty, all at once and by name', () => {
    const environment = {
      JWT_SECRET: 'x',
      JWT_SECRET_FILE: fileOf('secret'),
      PUSH_SECRET_FILE: fileOf('missing'),
      PUBLIC_SECRET_FILE: fileOf('empty'),
    };
    for (const reading of [
      () => configurationFrom(environment, (given) => required(given, 'PUSH_SECRET', 'x')),
      () => withSecretsFromFiles(environment, secretVariables),
    ])
      assert.throws(reading, ({ message }: Error) => {
        assert.match(message, /either JWT_SECRET or JWT_SECRET_FILE, found both: remove one/);
        assert.match(message, /PUSH_SECRET in the file \S+missing \(PUSH_SECRET_FILE\), found ENOENT/);
        assert.match(message, /PUBLIC_SECRET in the file \S+empty \(PUBLIC_SECRET_FILE\), found it empty/);
        return message.split('\n').length === 4 && !message.includes('from a file');
      });
  });

  it('is none where the file of one is empty that may be left out', () => {
    const read = (environment: Environment) => environment['DOI_PASSWORD'];
    assert.equal(configurationFrom({ DOI_PASSWORD_FILE: fileOf('empty') }, read), '');
  });

  it('is no secret from a file where the variable is empty, as compose files leave them', () => {
    assert.equal(
      withSecretsFromFiles({ JWT_SECRET: 'x', JWT_SECRET_FILE: '' }, secretVariables)['JWT_SECRET'],
      'x',
    );
    const environment = { JWT_SECRET: '', JWT_SECRET_FILE: fileOf('secret') };
    assert.equal(withSecretsFromFiles(environment, secretVariables)['JWT_SECRET'], 'from a file');
  });
});

describe('A file with certificates', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'catena-certificates-'));
    writeFileSync(join(folder, 'ca.pem'), '-----BEGIN CERTIFICATE-----\n');
    writeFileSync(join(folder, 'key.pem'), '-----BEGIN PRIVATE KEY-----\n');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is read where a variable names one', () => {
    assert.equal(certificatesFrom({ CA_FILE: '' }, 'CA_FILE'), undefined);
    const CA_FILE = join(folder, 'ca.pem');
    assert.equal(certificatesFrom({ CA_FILE }, 'CA_FILE'), '-----BEGIN CERTIFICATE-----\n');
  });

  it('is refused with its name and its variable when it holds none, is no file, or is not there', () => {
    for (const [path, found] of [
      [join(folder, 'key.pem'), /found none/],
      [folder, /found EISDIR/],
      [join(folder, 'none'), /found ENOENT/],
    ] as const)
      assert.throws(
        () => certificatesFrom({ CA_FILE: path }, 'CA_FILE'),
        ({ code, message }: Error & { code: string }) =>
          code === 'kernel.configuration' && message.includes(`${path} (CA_FILE)`) && found.test(message),
      );
  });
});
