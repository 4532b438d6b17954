import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { appNames } from '#contracts';
import { listenerPasswordVariable, Naming, passwordVariableOf } from '#messaging';
import { bucketAccess } from '../../tools/start/src/buckets.js';
import { compose, withDefaults } from '../support/compose/compose.js';
import {
  configurations,
  makeSecrets,
  resolvedOf,
  secret,
  secrets,
  service,
} from '../support/compose/composed-installation.js';
import { textOf } from '../support/repository.js';

const naming = new Naming('catena');

interface Identity {
  readonly name: string;
  readonly credentials: readonly { readonly accessKey: string; readonly secretKey: string }[];
  readonly actions: readonly string[];
}

interface Policy {
  readonly Statement: readonly { readonly Resource: readonly string[] }[];
}

describe('docker/make-secrets.sh', () => {
  it('gives each app an account of its own at the broker, which the preparation makes', () => {
    for (const app of appNames) {
      const { serviceHost } = configurations[app];
      assert.equal(serviceHost.brokerAccounts, 'per-app');
      const { username, password } = new URL(serviceHost.rabbitmqUrl);
      assert.equal(username, naming.accountOf(app));
      assert.equal(password, resolvedOf('preparation')[passwordVariableOf(app)], app);
    }
    const listener = new URL(configurations.console.rabbitmqUrl ?? '');
    assert.equal(listener.username, naming.listenerAccount);
    assert.equal(listener.password, resolvedOf('preparation')[listenerPasswordVariable]);
    const { username, password, host } = new URL(resolvedOf('preparation')['RABBITMQ_MANAGEMENT_URL'] ?? '');
    assert.equal(username, service('rabbitmq').environment?.['RABBITMQ_DEFAULT_USER']);
    assert.equal(password, secret('broker-admin-password'));
    assert.equal(host, 'rabbitmq:15672');
  });

  it('gives each app a token of its own for operators', () => {
    const tokens = appNames.map((app) => configurations[app].serviceHost.operationsToken);
    assert.equal(new Set(tokens).size, appNames.length);
  });

  it('gives each app a key of its own at the object store, with the rights that the local stack gives', () => {
    const { identities } = JSON.parse(secret('s3-identities')) as { identities: Identity[] };
    const { 'catalog-api': catalog, 'job-assembler': assembler, archiver } = configurations;
    const names = {
      control: catalog.controlBucket,
      landingZone: catalog.landingZone.bucket,
      retrieval: archiver.retrievalBucket,
    };
    for (const { app, store } of [
      { app: 'catalog-api', store: catalog.store },
      { app: 'job-assembler', store: assembler.store },
      { app: 'archiver', store: archiver.store },
    ] as const) {
      const identity = identities.find(({ name }) => name === app);
      assert.deepEqual(identity?.credentials, [{ accessKey: store.accessKey, secretKey: store.secretKey }]);
      const buckets = (['control', 'landingZone', 'retrieval'] as const).filter(
        (kind) => bucketAccess[kind][app] !== undefined,
      );
      assert.deepEqual(
        [...(identity?.actions ?? [])].sort(),
        buckets
          .flatMap((kind) => ['Read', 'Write', 'List', 'Tagging'].map((action) => `${action}:${names[kind]}`))
          .sort(),
      );
      // The same for stores with policies in the form of AWS.
      const policy = JSON.parse(textOf(`docker/s3-policies/${app}.json`)) as Policy;
      assert.deepEqual(
        policy.Statement.map(({ Resource }) => Resource),
        ['', '/*'].map((end) => buckets.map((kind) => `arn:aws:s3:::${names[kind]}${end}`)),
      );
    }
    assert.deepEqual(identities.map(({ name }) => name).sort(), [
      ...['admin', 'archiver', 'catalog-api', 'job-assembler'],
    ]);
  });

  it('makes each secret once: what is there stays as it is', () => {
    const before = readdirSync(secrets).map((name) => [name, secret(name)]);
    makeSecrets();
    assert.deepEqual(
      readdirSync(secrets).map((name) => [name, secret(name)]),
      before,
    );
  });

  it('knows the secrets that are made, and uses all of them', () => {
    const made = readdirSync(secrets);
    const known = Object.keys(compose.secrets);
    assert.deepEqual(
      known.filter((name) => !made.includes(name)),
      [],
    );
    const used = new Set(Object.values(compose.services).flatMap((one) => one.secrets ?? []));
    assert.deepEqual(known.sort(), [...used].sort());
    for (const [name, { file }] of Object.entries(compose.secrets))
      assert.equal(withDefaults(file), `./secrets/${name}`);
  });

  for (const app of ['job-assembler', 'archiver', 'publisher'] as const)
    it(`gives the account of ${app} the rights it needs`, () => {
      const { username } = configurations[app].catalog;
      const accounts = JSON.parse(secret('functional-accounts')) as {
        username: string;
        password: string;
        role: string;
      }[];
      const account = accounts.find((one) => one.username === username);
      assert.equal(account?.password, configurations[app].catalog.password);
      const { groups } = configurations['catalog-api'];
      assert.ok(groups.updateLifecycle.includes(account?.role ?? ''));
      // Who may change any job may not create one: the publisher asks for recalls.
      assert.equal(groups.updateJobPrivileged.includes(account?.role ?? ''), app !== 'publisher');
    });
});
