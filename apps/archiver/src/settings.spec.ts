import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { testKeyPem } from '#certificates/testing';
import { archiverConfigFrom, type ArchiverConfig } from './archiver.config.js';
import { scrubRuleOf } from './scrub-copies/scrub-rules.js';

const folder = mkdtempSync(join(tmpdir(), 'catena-archiver-config-'));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'routes.yaml');

const text = `targets:
  - { name: disk, kind: share, options: { place: /mnt/disk }, reserve: 2GiB, formerNames: [/mnt/lts] }
  - { name: tape, kind: tape, options: { place: /tapes, drives: 2 } }
  - { name: partner, kind: outside }
routes:
  - { name: default, targets: [disk, tape], copies: 2 }
`;

function configOf(yaml: string, more: Readonly<Record<string, string>> = {}): ArchiverConfig {
  writeFileSync(file, yaml);
  const environment = {
    ...{
      MONGODB_URI: 'mongodb://db/archiver',
      RABBITMQ_URL: 'amqp://u:p@broker',
      OPERATIONS_TOKEN: 'x'.repeat(40),
    },
    ...{ S3_ENDPOINT: 'http://s3', S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b', CATALOG_URL: 'http://c' },
    ...{ CATALOG_USERNAME: 'u', CATALOG_PASSWORD: 'p', ROUTES_FILE: file },
  };
  return archiverConfigFrom({ ...environment, ...more });
}

function targetsOf(yaml: string, more: Readonly<Record<string, string>> = {}): string[] | undefined {
  return configOf(yaml, more).targets?.map(({ name }) => name);
}

describe('The buckets of an archiver', () => {
  it('are three, one for each use: two settings that name the same one are refused', () => {
    const { controlBucket, landingZoneBucket, retrievalBucket } = configOf(text);
    assert.deepEqual(
      [controlBucket, landingZoneBucket, retrievalBucket],
      ['catena-control', 'landing-zone', 'retrieval'],
    );
    const sames: readonly Readonly<Record<string, string>>[] = [
      { RETRIEVAL_BUCKET: 'landing-zone' },
      { CONTROL_BUCKET: 'retrieval' },
      { CONTROL_BUCKET: 'x', LANDING_ZONE_BUCKET: 'x' },
    ];
    for (const same of sames)
      assert.throws(() => configOf(text, same), {
        code: 'kernel.configuration',
        message: /three different buckets, found CONTROL_BUCKET=.*RETRIEVAL_BUCKET=/,
      });
  });
});

describe('The targets of an archiver', () => {
  it('are those of ROUTES_FILE that others do not operate, or those of them that ARCHIVER_TARGETS names', () => {
    assert.deepEqual(targetsOf(text), ['disk', 'tape']);
    assert.deepEqual(targetsOf(text, { ARCHIVER_TARGETS: 'tape' }), ['tape']);
  });

  it('are the roots of LTS_ROOTS without the file', () => {
    assert.equal(targetsOf(text, { ROUTES_FILE: '', LTS_ROOTS: '/mnt/lts' }), undefined);
    assert.throws(() => targetsOf(text, { ROUTES_FILE: '' }), /environment variable LTS_ROOTS/);
  });

  it('that ARCHIVER_TARGETS names have to be in the file, and to be reached by archivers', () => {
    for (const name of ['dsik', 'partner'])
      assert.throws(() => targetsOf(text, { ARCHIVER_TARGETS: `disk,${name}` }), {
        code: 'kernel.configuration',
        message: new RegExp(`targets of ROUTES_FILE that archivers reach \\(disk, tape\\), found ${name}`),
      });
  });

  it('have options that their adapters check, each problem with its line', () => {
    const wrong = text.replace('drives: 2', 'dirves: 2').replace('/mnt/disk', 'mnt/disk');
    assert.throws(
      () => targetsOf(wrong),
      (error: Error) => {
        assert.match(error.message, /line 2: `targets\[0\]\.options\.place`: Expected an absolute path/);
        assert.match(error.message, /line 3: `targets\[1\]\.options\.dirves`: Expected one of the options/);
        return true;
      },
    );
  });
});

describe('The key of certificates', () => {
  it('is read from a file, is optional, and is refused with what it is instead', () => {
    const pem = join(folder, 'key.pem');
    const keyOf = (content: string) => {
      writeFileSync(pem, content);
      return configOf(text, { CERTIFICATE_KEY_FILE: pem, CERTIFICATE_ISSUER: '' }).certificates;
    };
    assert.match(keyOf(testKeyPem()).key?.kid ?? '', /^[\w-]{43}$/);
    assert.deepEqual(keyOf(''), { key: undefined, issuer: 'Catena' });
    assert.throws(() => keyOf('rubbish'), {
      code: 'kernel.configuration',
      message: /CERTIFICATE_KEY_FILE: Expected a private key of Ed25519 .*openssl genpkey/,
    });
  });
});

describe('The reading of old copies', () => {
  const scrubOf = (yaml: string, more: Readonly<Record<string, string>> = {}) => {
    const config = configOf(yaml, more);
    return ['disk', 'tape'].map((name) => scrubRuleOf(config, name));
  };
  const day = 86_400_000;

  it('is on: a tebibyte and four hours a day for each target, for a promise of 180 days', () => {
    const rule = { within: 180 * day, bytesPerDay: 2 ** 40, hoursPerDay: 4 };
    assert.deepEqual(scrubOf(text), [rule, rule]);
  });

  it('is what a target says of it, and for the rest what the environment says', () => {
    const yaml = text
      .replace('kind: tape,', 'kind: tape, scrub: off,')
      .replace('kind: share,', 'kind: share, scrub: { within: 90d, bytesPerDay: 2GiB },');
    const rule = { within: 90 * day, bytesPerDay: 2 ** 31, hoursPerDay: 7 };
    assert.deepEqual(scrubOf(yaml, { SCRUB_HOURS_PER_DAY: '7' }), [rule, undefined]);
  });

  it('is off where there is no budget', () => {
    for (const name of ['SCRUB_BYTES_PER_DAY', 'SCRUB_HOURS_PER_DAY'])
      assert.deepEqual(scrubOf(text, { [name]: '0' }), [undefined, undefined]);
  });

  it('has a promise of days, and days of 24 hours', () => {
    assert.throws(() => configOf(text, { SCRUB_WITHIN: '1h' }), /SCRUB_WITHIN of at least 1d/);
    assert.throws(() => configOf(text, { SCRUB_HOURS_PER_DAY: '25' }), /SCRUB_HOURS_PER_DAY of at most 24/);
  });
});

describe('The retrieval area', () => {
  it('has no limits unless they are set, and none with which nothing could be retrieved', () => {
    const limitsOf = (more: Readonly<Record<string, string>> = {}) => {
      const { retrievalSpace, retrievalQuota, retrievedLifetimeMost } = configOf(text, more);
      return [retrievalSpace, retrievalQuota, retrievedLifetimeMost];
    };
    const month = 28 * 86_400_000;
    assert.deepEqual(limitsOf(), [undefined, undefined, month]);
    assert.deepEqual(limitsOf({ RETRIEVAL_SPACE: '', RETRIEVAL_QUOTA: '' }), [undefined, undefined, month]);
    assert.deepEqual(limitsOf({ RETRIEVAL_SPACE: '10TiB', RETRIEVAL_QUOTA: '1TiB' }), [
      ...[10 * 2 ** 40, 2 ** 40, month],
    ]);
    for (const name of ['RETRIEVAL_SPACE', 'RETRIEVAL_QUOTA'])
      assert.throws(() => limitsOf({ [name]: '0' }), new RegExp(`${name} of at least 1 byte`));
    assert.throws(() => limitsOf({ RETRIEVED_LIFETIME_MOST: '1d' }), /at least RETRIEVED_LIFETIME/);
  });
});
