import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { repository, textOf } from '../support/repository.js';

const configuration = join(repository, '.config/dependency-cruiser.cjs');
const folderRules = join(repository, '.config/dependency-cruiser-folders.cjs');
const cruiser = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const { forbidden } = createRequire(import.meta.url)(configuration) as { forbidden: { name: string }[] };

/** A small installation in which every import is allowed. */
const clean: Readonly<Record<string, string>> = {
  'apps/one/src/main.ts': `import '#storage'; import './domain/rules.js'; import './persistence/store.js';`,
  'apps/one/src/main.spec.ts': `import '#storage/testing'; import './main.js';`,
  'apps/one/src/domain/rules.ts': `import '../../../../libs/kernel/src/index.js';`,
  'apps/one/src/persistence/store.ts': `import 'mongoose';`,
  'apps/two/src/main.ts': `import '#storage';`,
  'apps/console-web/src/main.tsx': `import 'react'; import '#console-api';`,
  'libs/console-api/src/index.ts': `export const shapes = 1;`,
  'libs/kernel/src/index.ts': `import './inner.js';`,
  'libs/kernel/src/inner.ts': `export const inner = 1;`,
  'libs/kernel/src/inner.spec.ts': `import './inner.js';`,
  'libs/contracts/src/index.ts': `export const contracts = 1;`,
  'libs/messaging/src/index.ts': `import 'amqplib'; import '../../contracts/src/index.js';`,
  'libs/persistence/src/index.ts': `import 'mongoose';`,
  'libs/outbox/src/index.ts': `import '../../messaging/src/index.js'; import '../../persistence/src/index.js';`,
  'libs/service-host/src/index.ts': `import '@nestjs/common'; import '../../outbox/src/index.js';`,
  'libs/storage/src/index.ts': `import 'minio'; import '../../kernel/src/index.js';`,
  'libs/storage/src/testing/index.ts': `export const twin = 1;`,
  'libs/datablock/src/index.ts': `import '../../kernel/src/index.js';`,
  'tools/start/src/index.ts': `import '#storage';`,
  'tools/mongo-gateway/src/main.ts': `export const gateway = 1;`,
  'test/flows/story.e2e.spec.ts': `import '../../tools/start/src/index.js';`,
};

/** One file for each rule that breaks it. */
const planted: Readonly<Record<string, readonly [path: string, text: string]>> = {
  'no-cycles': ['libs/kernel/src/round.ts', `import { b } from './trip.js'; export const a = () => b;`],
  'app-never-imports-app': ['apps/one/src/neighbour.ts', `import '../../two/src/main.js';`],
  'lib-never-imports-app': ['libs/persistence/src/upward.ts', `import '../../../apps/two/src/main.js';`],
  'app-never-imports-tools': ['apps/one/src/tool.ts', `import '../../../tools/start/src/index.js';`],
  'kernel-is-a-leaf': ['libs/kernel/src/leaf.ts', `import '#storage';`],
  'contracts-is-a-leaf': ['libs/contracts/src/leaf.ts', `import '../../kernel/src/index.js';`],
  'scicat-database-is-a-leaf': ['libs/scicat-database/src/leaf.ts', `import '../../kernel/src/index.js';`],
  'messaging-knows-kernel-contracts-observability': ['libs/messaging/src/store.ts', `import '#storage';`],
  'persistence-knows-kernel-observability': [
    'libs/persistence/src/send.ts',
    `import '../../messaging/src/index.js';`,
  ],
  'storage-libs-know-kernel-observability': [
    'libs/datablock/src/send.ts',
    `import '../../messaging/src/index.js';`,
  ],
  'leased-work-knows-kernel-observability': ['libs/leased-work/src/store.ts', `import '#storage';`],
  'ingestor-uploads-know-no-app-and-no-messages': [
    'libs/ingestor-uploads/src/tell.ts',
    `import '#messaging';`,
  ],
  'scicat-words-know-contracts-lists': ['libs/scicat-words/src/send.ts', `import '#messaging';`],
  'claim-check-knows-contracts-storage': ['libs/claim-check/src/send.ts', `import '#messaging';`],
  'command-line-knows-kernel': ['libs/command-line/src/load.ts', `import '#storage';`],
  'certificates-knows-kernel': ['libs/certificates/src/send.ts', `import '#storage';`],
  'console-api-is-a-leaf': ['libs/console-api/src/look.ts', `import '#kernel';`],
  'console-web-knows-console-api': ['apps/console-web/src/look.tsx', `import '#kernel';`],
  'console-web-runs-in-a-browser': ['apps/console-web/src/read.ts', `import 'node:fs';`],
  'browser-packages-only-in-console-web': ['apps/one/src/markup.ts', `import 'react';`],
  'operations-knows-no-framework': ['libs/operations/src/module.ts', `import '@nestjs/common';`],
  'users-command-line-knows-no-database': ['apps/cli/src/look.ts', `import '#persistence';`],
  'outbox-knows-no-storage': ['libs/outbox/src/store.ts', `import '#storage';`],
  'outbox-knows-no-framework': ['libs/outbox/src/module.ts', `import '@nestjs/common';`],
  'only-apps-are-hosted': ['libs/storage/src/host.ts', `import '#service-host';`],
  'libs-through-the-front-door': ['apps/one/src/window.ts', `import '../../../libs/kernel/src/inner.js';`],
  'libs-through-the-front-door-of-libs': [
    'libs/storage/src/window.ts',
    `import '../../kernel/src/inner.js';`,
  ],
  'testing-doors-only-for-tests': ['apps/one/src/twin.ts', `import '#storage/testing';`],
  'domain-is-pure': ['apps/one/src/domain/framework.ts', `import '@nestjs/common';`],
  'broker-client-only-in-messaging': ['apps/one/src/broker.ts', `import 'amqplib';`],
  'store-client-only-in-storage': ['apps/one/src/bucket.ts', `import 'minio';`],
  'mongoose-only-in-persistence': ['apps/one/src/model.ts', `import 'mongoose';`],
  'product-never-imports-specs': ['libs/kernel/src/borrowed.ts', `import './inner.spec.js';`],
  'gateway-stands-alone': ['tools/mongo-gateway/src/leaning.ts', `import '#storage';`],
};

const directories: string[] = [];
after(() => directories.forEach((directory) => rmSync(directory, { recursive: true })));

/** Writes a checkout of its own into a temporary folder and gives back `rule: file` for each violation. */
async function violationsIn(
  files: Readonly<Record<string, string>>,
  rules = configuration,
): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'catena-boundaries-'));
  directories.push(root);
  const { imports } = JSON.parse(textOf('package.json')) as { imports: object };
  const fake = ['amqplib', 'minio', 'mongoose', 'react', '@nestjs/common'].flatMap((name) => [
    [`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' })],
    [`node_modules/${name}/index.js`, ''],
  ]);
  const whole = {
    ...files,
    ...(Object.fromEntries(fake) as Record<string, string>),
    'package.json': JSON.stringify({
      name: 'planted',
      type: 'module',
      imports,
      dependencies: { amqplib: '1', minio: '1', mongoose: '1', react: '1', '@nestjs/common': '1' },
    }),
    'tsconfig.base.json': textOf('tsconfig.base.json'),
  };
  for (const [path, text] of Object.entries(whole)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const output = await new Promise<string>((resolve) => {
    const folders = ['apps', 'libs', 'tools', 'test'];
    execFile(
      process.execPath,
      [cruiser, '--config', rules, '--output-type', 'json', ...folders],
      { cwd: root, maxBuffer: 1e8 },
      // The exit code is the number of violations.
      (_, stdout) => resolve(stdout),
    );
  });
  const { summary } = JSON.parse(output) as {
    summary: { violations: { from: string; rule: { name: string } }[] };
  };
  return summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`);
}

/** Two folders that import one another, though no two of their files do. */
const knot: Readonly<Record<string, string>> = {
  'apps/one/src/left/index.ts': `import type { Right } from '../right/index.js'; export type Left = Right;`,
  'apps/one/src/left/more.ts': `export const more = 1;`,
  'apps/one/src/right/index.ts': `import '../left/more.js'; export type Right = 1;`,
};

describe('The boundaries between folders', () => {
  it('let pass what is allowed, and specs and twins look where they like', async () => {
    const specs = {
      'apps/one/src/persistence/store.spec.ts': `import '../domain/rules.js';`,
      'apps/one/src/domain/rules.spec.ts': `import '../persistence/store.js'; import '../testing/twin.js';`,
      'apps/one/src/testing/twin.ts': `import '../persistence/store.js';`,
      'apps/one/src/persistence/twin.spec.ts': `import '../testing/twin.js';`,
    };
    assert.deepEqual(await violationsIn({ ...clean, ...specs }, folderRules), []);
  });

  it('report a planted knot from both of its ends, and accuse nobody else', async () => {
    const found = await violationsIn({ ...clean, ...knot }, folderRules);
    assert.deepEqual(found.sort(), [
      'no-folder-knots: apps/one/src/left',
      'no-folder-knots: apps/one/src/right',
    ]);
  });
});

describe('The boundaries', () => {
  it('let pass what is allowed', async () => assert.deepEqual(await violationsIn(clean), []));

  it('have a planted violation for each rule', () =>
    assert.deepEqual(Object.keys(planted).sort(), forbidden.map(({ name }) => name).sort()));

  it('report every planted violation under the name of its rule, and accuse nobody else', async () => {
    const trip = { 'libs/kernel/src/trip.ts': `import { a } from './round.js'; export const b = () => a;` };
    const found = await violationsIn({ ...clean, ...trip, ...Object.fromEntries(Object.values(planted)) });
    for (const [rule, [path]] of Object.entries(planted))
      assert.ok(found.includes(`${rule}: ${path}`), `expected ${rule} to be reported for ${path}`);
    const guilty = [...Object.values(planted).map(([path]) => path), ...Object.keys(trip)];
    assert.deepEqual(
      found.filter((line) => !guilty.includes(line.split(': ')[1] ?? '')),
      [],
    );
  });
});
