import { createRequire } from 'node:module';
import type { Type } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { UpdatePolicyDto } from '../answers/records.js';
import { schemaOf, type AnswerClass, type AnswerValue } from '../http/answer.js';
import type { Answered } from '../http/operation.decorator.js';
import { answerSchemas } from './answer-schemas.js';
import { operationsOf, type OperationEntry } from './operations.js';

interface Schema {
  readonly [keyword: string]: unknown;
}

type DtoClass = new () => object;

/** An OpenAPI 3.0 document. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: Schema;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Schema>>>>;
  readonly components: Schema & { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Where `@Type` puts what it knows; the package does not export it. */
const { defaultMetadataStorage } = createRequire(import.meta.url)('class-transformer/cjs/storage') as {
  defaultMetadataStorage: unknown;
};

/** Says the same as our validators: the package's own converters make any date of a time. */
const converters = { isIso8601: { type: 'string', format: 'date-time' } };
const errors = {
  400: 'The request is not valid; the message names what is wrong.',
  401: 'The operation needs a signed-in caller.',
  403: 'The caller may not do this.',
  404: 'There is no such record, or none the caller may see.',
  414: 'A name in the address is longer than the service takes.',
  429: 'Too many at once, or in too short a time; the message says of what.',
  431: 'The address and the headers are larger than the service takes.',
  503: 'Something that the service needs is out of reach, or not there yet.',
};
const errorsOfChanges = {
  409: 'There is such a record already, or its state does not allow this now; the message says which.',
};
const errorsOfBodies = {
  413: 'The body is larger than the service takes.',
  415: 'The body is not JSON, or is compressed.',
};
const errorsOfKeys = {
  422: 'The Idempotency-Key has been used for another body.',
};
const errorsOfConditions = {
  412: 'The record was changed after the moment that `If-Unmodified-Since` names, or is not that of `If-Match`.',
};

/** Models of the published SDK that no operation leads to. */
const sdkModels: readonly AnswerClass[] = [UpdatePolicyDto];

/** Describes what controllers serve, from the metadata that routes and checks requests. */
export function openApiDocument(controllers: readonly Type[], version: string): OpenApiDocument {
  const operations = operationsOf(controllers).filter(({ id }) => id !== '');
  const paths: Record<string, Record<string, Schema>> = {};
  for (const operation of [...operations].sort((a, b) => a.path.localeCompare(b.path)))
    (paths[operation.path] ??= {})[operation.method] = operationObject(operation);
  const areas = [...new Set(operations.map(({ area }) => area))].sort();
  return {
    openapi: '3.0.3',
    info: {
      title: 'Catena catalog-api',
      version,
      description: "SciCat's REST API, versions 3 and 4, and what Catena adds to it.",
      license: { name: 'Apache-2.0' },
    },
    tags: areas.map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: schemasFor(operations),
    },
  };
}

function errorsOf({ method, headers, description }: OperationEntry): Record<string, string> {
  return {
    ...errors,
    ...(method === 'get' ? {} : errorsOfChanges),
    ...(method === 'patch' || method === 'put' ? errorsOfConditions : {}),
    ...(description.body === undefined ? {} : errorsOfBodies),
    ...(headers.includes('idempotency-key') ? errorsOfKeys : {}),
  };
}

function operationObject(operation: OperationEntry): Schema {
  const { id, area, path, status, query, headers, description } = operation;
  const { body, answer, mayBeEmpty, mayBePage, mayBePending, summary, unavailable } = description;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  return {
    operationId: id,
    tags: [area],
    ...(summary === undefined ? {} : { summary }),
    parameters: [
      ...inPath.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...query
        .filter((name) => description.objects?.[name] === undefined)
        .map((name) => ({
          name,
          in: 'query',
          required: false,
          ...described(description.query?.[name] ?? usualQuery(name, path)),
          schema: { type: 'string' },
        })),
      ...Object.entries(description.objects ?? {}).map(([name, schema]) => ({
        name,
        in: 'query',
        required: false,
        style: 'deepObject',
        schema: schemaOf(schema),
      })),
      ...headers.map((name) => ({
        name,
        in: 'header',
        required: false,
        ...described(usualHeaders[name]),
        schema: { type: 'string' },
      })),
    ],
    ...(body === undefined ? {} : { requestBody: bodyOf(description.bodyName ?? unionName(id), body) }),
    responses: {
      [status]: {
        description: mayBeEmpty ? 'Done. Where there is nothing to answer, the body is empty.' : 'Done.',
        ...(answer === undefined ? {} : json(answer, mayBePage)),
      },
      ...(mayBePending
        ? { 202: { description: 'Taken, and not done yet.', ...(answer === undefined ? {} : json(answer)) } }
        : {}),
      ...Object.fromEntries(
        Object.entries(errorsOf(operation)).map(([code, text]) => [code, { description: text }]),
      ),
      ...(unavailable === undefined
        ? {}
        : {
            503: { description: 'Something that the service needs is out of reach.', ...json(unavailable) },
          }),
    },
    security: [{ bearer: [] }, {}],
  };
}

const usualHeaders: Readonly<Record<string, string>> = {
  'idempotency-key':
    'Any text of up to 255 characters, a UUID for example. A post that is repeated under the same key makes nothing a second ' +
    'time: it answers what the first one has made, or 503 with Retry-After while that is being stored; another body is 422.',
};

/** Parameters that mean the same wherever they are. */
function usualQuery(name: string, path: string): string | undefined {
  if (name !== 'fields' || !/\/full(query|facet)\b/.test(path)) return undefined;
  return (
    'JSON. `text` looks for words: runs of letters and digits, whatever their case and accents. Any of several words is found, ' +
    '`"several words"` in this order, `-word` leaves out; one word alone with parts (a path, a DOI) is looked for as it stands. ' +
    'In lists of files any part of a path is found, and quotes and signs mean nothing.'
  );
}

function described(description: string | undefined): Schema {
  return description === undefined ? {} : { description };
}

function bodyOf(union: string, body: DtoClass | readonly DtoClass[]): Schema {
  const dtos = [body].flat();
  const schema = reference(dtos.length === 1 ? dtos[0]!.name : union);
  return { required: true, content: { 'application/json': { schema } } };
}

/** As the published SDK names a body that is one of several. */
function unionName(id: string): string {
  return `${id.charAt(0).toUpperCase()}${id.slice(1)}Request`;
}

function unionsOf(operations: readonly OperationEntry[]): Record<string, Schema> {
  const unions = operations.flatMap(({ id, description: { body } }) =>
    body === undefined || typeof body === 'function' || body.length === 1
      ? []
      : [[unionName(id), { oneOf: body.map((dto) => reference(dto.name)) }] as const],
  );
  return Object.fromEntries(unions);
}

function json(answer: Answered, mayBePage = false): Schema {
  const page = mayBePage ? { 'text/html': { schema: { type: 'string' } } } : {};
  return { content: { 'application/json': { schema: answerOf(answer) }, ...page } };
}

function answerOf(answer: Answered): Schema {
  return isList(answer) ? { type: 'array', items: schemaOf(answer[0]) } : schemaOf(answer);
}

function isList(answer: Answered): answer is readonly [AnswerValue] {
  return Array.isArray(answer);
}

/** Everything that operations answer, and the objects in their queries. */
export function answeredBy(operations: readonly OperationEntry[]): AnswerValue[] {
  return operations.flatMap(({ description: { answer, unavailable, objects } }) => [
    ...(answer === undefined ? [] : isList(answer) ? answer : [answer]),
    ...(unavailable === undefined ? [] : [unavailable]),
    ...Object.values(objects ?? {}),
  ]);
}

function reference(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

/** Every schema that an operation leads to; request bodies from the decorators that check them. */
function schemasFor(operations: readonly OperationEntry[]): Record<string, Schema> {
  const requests = validationMetadatasToSchemas({
    classValidatorMetadataStorage: getMetadataStorage(),
    classTransformerMetadataStorage: defaultMetadataStorage as never,
    additionalConverters: converters as never,
    refPointerPrefix: '#/components/schemas/',
  }) as Record<string, Schema>;
  const answers = answerSchemas([...answeredBy(operations), ...sdkModels]);
  const all: Readonly<Record<string, Schema>> = { ...requests, ...answers, ...unionsOf(operations) };
  const found: Record<string, Schema> = {};
  const visit = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/#\/components\/schemas\/(\w+)/g)) {
      if (name in found) continue;
      const schema = all[name];
      if (schema === undefined) throw new Error(`expected a schema named ${name}: a DTO class or an answer`);
      found[name] = schema;
      visit(schema);
    }
  };
  visit(operations.map((operation) => operationObject(operation)));
  visit(sdkModels.map(schemaOf));
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => a.localeCompare(b)));
}
