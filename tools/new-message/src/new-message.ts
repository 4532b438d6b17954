import { createHash } from 'node:crypto';
import type { AppName } from '#contracts';

/** What is asked for on the command line. */
export interface NewMessage {
  /** `<context>.<kebab-name>.v1` */
  readonly type: string;
  readonly kind: 'event' | 'command';
  readonly emitter: AppName;
  readonly consumer: AppName;
}

/** Reads a file of the checkout. */
export type Reader = (path: string) => string;

/** The app that a context belongs to: it says its events, and takes its commands. */
const ownerOf: Readonly<Record<string, AppName>> = {
  catalog: 'catalog-api',
  assembly: 'job-assembler',
  archival: 'archiver',
  publication: 'publisher',
};

const sampleFolder = 'test/contracts/samples';

/** @throws Error that says what was expected */
export function messageFrom(
  type: string,
  other: { readonly to?: string; readonly from?: string },
): NewMessage {
  const match = /^([a-z]+)[.]([a-z][a-z0-9]*(?:-[a-z0-9]+)*)[.]v[1-9][0-9]*$/.exec(type);
  const owner = ownerOf[match?.[1] ?? ''];
  if (match === null || owner === undefined)
    throw new Error(
      `Expected <context>.<name>.v<N> with a context of ${Object.keys(ownerOf).join(', ')}, found ${JSON.stringify(type)}.`,
    );
  const apps = Object.values(ownerOf);
  const partner = apps.find((app) => app === (other.to ?? other.from));
  if (partner === undefined || partner === owner || (other.to === undefined) === (other.from === undefined))
    throw new Error(
      `Expected either --to APP (an event of ${owner}) or --from APP (a command to ${owner}), APP one of ${apps.filter((app) => app !== owner).join(', ')}; found --to ${String(other.to)}, --from ${String(other.from)}.`,
    );
  return other.to === undefined
    ? { type, kind: 'command', emitter: partner, consumer: owner }
    : { type, kind: 'event', emitter: owner, consumer: partner };
}

/** The files that a new message needs, and those that name it, as they are with it: path → text. */
export function filesFor(message: NewMessage, read: Reader): ReadonlyMap<string, string> {
  const names = namesOf(message.type);
  const sample = sampleOf(message);
  const samplePath = `${sampleFolder}/${message.type.replace('.', '/')}/minimal.json`;
  const { consumer, emitter } = message;
  const folder = `apps/${consumer}/src/${names.file}`;
  const modulePath = `apps/${consumer}/src/${consumer}.module.ts`;
  const readmes = [`apps/${consumer}/README.md`, `apps/${emitter}/README.md`] as const;
  return new Map([
    [
      `libs/contracts/src/${names.context}/${names.file}.${message.kind}.${names.version}.ts`,
      contractOf(message),
    ],
    ['libs/contracts/src/index.ts', withExport(read('libs/contracts/src/index.ts'), message)],
    ['libs/contracts/src/registry.ts', inRegistry(read('libs/contracts/src/registry.ts'), message)],
    [samplePath, sample],
    [
      `${sampleFolder}/SHA256SUMS`,
      `${read(`${sampleFolder}/SHA256SUMS`)}${checksumLine(samplePath, sample)}`,
    ],
    [`${folder}/${names.file}.consumer.ts`, consumerOf(message)],
    [`${folder}/${names.file}.spec.ts`, specOf(message)],
    [modulePath, inModule(read(modulePath), message)],
    [
      readmes[0],
      inTable(read(readmes[0]), 'Consumes', `| \`${message.type}\` | ${emitter} | ${unwritten} |`),
    ],
    [readmes[1], inTable(read(readmes[1]), 'Emits', `| \`${message.type}\` | ${consumer} | ${unwritten} |`)],
  ]);
}

/** What only a person knows, in the order to do it. */
export function leftToDo({ type, emitter, consumer }: NewMessage): string[] {
  const { context, file, value } = namesOf(type);
  return [
    `libs/contracts/src/${context}/${file}.*.ts: its fields, what it is about, its place among others, its summary; then the same fields in ${sampleFolder}/${type.replace('.', '/')}/minimal.json, and this command once more for the checksum`,
    `apps/${emitter}: eventRow(${value}, data, now), in the write that it tells of`,
    `apps/${consumer}/src/${file}/${file}.consumer.ts: what ${consumer} does with it; the same in a few words in the READMEs of both apps`,
    `apps/${consumer}/src/${file}/${file}.spec.ts: delivered twice, a crash between save and publish, rubbish`,
    'npm run catalogue, npm test',
  ];
}

/** Line of a checksum file. @param path of the sample in the checkout */
export function checksumLine(path: string, text: string): string {
  const digest = createHash('sha256').update(text).digest('hex');
  return `${digest}  ${path.slice(sampleFolder.length + 1)}\n`;
}

/** Marks what the tests of contracts refuse until a person has written it. */
export const unwritten = 'not written yet';

function namesOf(type: string) {
  const [context = '', file = '', version = ''] = type.split('.');
  const camel = file.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const value = `${camel}${version.toUpperCase()}`;
  const pascal = camel.charAt(0).toUpperCase() + camel.slice(1);
  return { context, file, version, value, pascal, payload: `${pascal}${version.toUpperCase()}` };
}

function contractOf({ type, kind, emitter, consumer }: NewMessage): string {
  const { value, payload } = namesOf(type);
  const define = kind === 'event' ? 'defineEvent' : 'defineCommand';
  return `import { ${define} } from '../define-message.js';
import { JobId } from '../fields.js';

/** ${unwritten} */
export class ${payload} {
  @JobId()
  jobId: string;
}

export const ${value} = ${define}({
  type: '${type}',
  emitter: '${emitter}',
  consumers: ['${consumer}'],
  about: 'jobId',
  order: { within: 'jobId', place: 0 },
${kind === 'command' ? '  answers: [],\n' : ''}  payload: ${payload},
  summary: '${unwritten}',
});
`;
}

function pathOf({ type, kind }: NewMessage): string {
  const { context, file, version } = namesOf(type);
  return `./${context}/${file}.${kind}.${version}.js`;
}

function withExport(index: string, message: NewMessage): string {
  const { payload, value } = namesOf(message.type);
  const before = index.indexOf('export { FieldProblem }');
  const line = `export { ${payload}, ${value} } from '${pathOf(message)}';\n`;
  return index.slice(0, before) + line + index.slice(before);
}

function inRegistry(registry: string, message: NewMessage): string {
  const { value } = namesOf(message.type);
  const comment = registry.indexOf('\n/** Every message');
  const end = registry.indexOf('];', comment);
  const line = `import { ${value} } from '${pathOf(message)}';\n`;
  return `${registry.slice(0, comment)}${line}${registry.slice(comment, end)}  ${value},\n${registry.slice(end)}`;
}

function sampleOf({ type, emitter }: NewMessage): string {
  const jobId = '3f0e6d5c-6c1b-4c8e-9f3a-1d2b5a7c9e10';
  const envelope = {
    specversion: '1.0',
    id: '0b7e7f0e-52a1-4a5c-8a53-6f3d1c2b4a59',
    source: `/catena/${emitter}`,
    type,
    subject: jobId,
    time: '2026-03-01T09:30:00.000Z',
    datacontenttype: 'application/json',
    sequence: 0,
    partitionkey: jobId,
    data: { jobId },
  };
  return `${JSON.stringify(envelope, undefined, 2)}\n`;
}

function consumerOf({ type, consumer }: NewMessage): string {
  const { value, payload, pascal } = namesOf(type);
  return `import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ${value}, type Envelope, type ${payload} } from '#contracts';
import { Handles, type Outcome } from '#messaging';

/** ${unwritten} */
@Controller()
export class ${pascal}Consumer {
  @Handles(${value})
  handle(@Payload() { data }: Envelope<${payload}>): Promise<Outcome> {
    return Promise.reject(new Error(\`${unwritten}: what ${consumer} does with ${type} of \${data.jobId}\`));
  }
}
`;
}

function specOf({ type, consumer }: NewMessage): string {
  return `import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

describe('${type}', () => {
  it('is handled', () => assert.fail('${unwritten}: stories of what ${consumer} does with it'));
});
`;
}

function inModule(text: string, { type }: NewMessage): string {
  const { pascal, file } = namesOf(type);
  const at = text.indexOf('controllers: [') + 'controllers: ['.length;
  const line = `import { ${pascal}Consumer } from './${file}/${file}.consumer.js';\n`;
  const imports = text.lastIndexOf('\nimport ', at) + 1;
  return `${text.slice(0, imports)}${line}${text.slice(imports, at)}${pascal}Consumer, ${text.slice(at)}`;
}

/** The row after the last one of the first table below the heading. */
function inTable(page: string, heading: string, row: string): string {
  const start = page.indexOf(`## ${heading}`);
  const table = page.indexOf('\n|', start);
  const end = page.indexOf('\n\n', table);
  return `${page.slice(0, end)}\n${row}${page.slice(end)}`;
}
