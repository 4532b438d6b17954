import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogue } from './catalogue.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const files = catalogue(root, version);
for (const [path, text] of files) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
for (const name of readdirSync(join(root, 'docs/schemas')))
  if (!files.has(`docs/schemas/${name}`)) rmSync(join(root, 'docs/schemas', name));
console.log(
  `${files.size} files written: docs/messages.md, docs/asyncapi.json, docs/schemas, docs/openapi.json, docs/operations-openapi.json`,
);
