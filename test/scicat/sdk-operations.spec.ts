import 'reflect-metadata';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { describedControllers } from '../../apps/catalog-api/src/catalog-api.module.js';
import { answeredBy, openApiDocument } from '../../apps/catalog-api/src/openapi/document.js';
import { answerSchemas } from '../../apps/catalog-api/src/openapi/answer-schemas.js';
import { operationsOf, undescribed } from '../../apps/catalog-api/src/openapi/operations.js';

interface SdkOperation {
  readonly id: string;
  readonly tag: string;
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
}

const sdk = join(
  dirname(createRequire(import.meta.url).resolve('@scicatproject/scicat-sdk-ts-fetch/package.json')),
  'src',
);
const document = openApiDocument(describedControllers, 'test');

/** Reads the published client: what it calls, under which names. */
function sdkOperations(): SdkOperation[] {
  return readdirSync(join(sdk, 'apis'))
    .filter((file) => file.endsWith('Api.ts'))
    .flatMap((file) => {
      const text = readFileSync(join(sdk, 'apis', file), 'utf8');
      const found = text.matchAll(/async (\w+)Raw\(.*?\n    \}\n/gs);
      return [...found].map(([code, id = '']) => ({
        id,
        tag: file.replace(/Api\.ts$/, ''),
        method: /method: '(\w+)'/.exec(code)?.[1]?.toLowerCase() ?? '',
        path: /path: `([^`]+)`/.exec(code)?.[1] ?? '',
        body: /body: (\w+)ToJSON\(/.exec(code)?.[1],
      }));
    });
}

interface SdkModel {
  readonly name: string;
  readonly properties: readonly { readonly name: string; readonly optional: boolean }[];
}

/** Reads the models of the published client. */
function sdkModels(): SdkModel[] {
  return readdirSync(join(sdk, 'models'))
    .filter((file) => file !== 'index.ts')
    .map((file) => {
      const text = readFileSync(join(sdk, 'models', file), 'utf8');
      const [, members = ''] = /export interface \w+ \{(.*?)\n\}/s.exec(text) ?? [];
      const properties = [...members.matchAll(/^ {4}(\w+)(\??): /gm)].map(([, name = '', mark]) => ({
        name: name === '_abstract' ? 'abstract' : name,
        optional: mark === '?',
      }));
      return { name: file.replace(/\.ts$/, ''), properties };
    });
}

/** As the generator makes a class name of a tag: `datasets v4` → `DatasetsV4`. */
function className(tag: string): string {
  return tag
    .split(' ')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** Bodies that the SDK types by what the server answers. */
const answered = /^OrigDatablock$/;

/** What the SDK expects of every record and records made by clients may lack, so that the document does not promise it: this list may only shrink. */
const notPromised = `
  Attachment.thumbnail DatasetClass.creationLocation HistoryClass.id JobClass.ownerGroup JobClass.ownerUser OutputJobV3Dto.datasetList
  OutputOrigDatablockDto.version OutputSampleDto.sampleName PartialOutputJobDto.datasets
  PartialOutputJobDto.datasetDetails PublishedDataObsoleteDto.dataDescription
  PublishedDataObsoleteDto.publicationYear PublishedDataObsoleteDto.publisher
  PublishedDataObsoleteDto.registeredTime PublishedDataObsoleteDto.resourceType
  SampleWithAttachmentsAndDatasets.sampleName`;

const models = sdkModels();

describe('The OpenAPI document', () => {
  const operations = sdkOperations();

  it('is compared with the whole published SDK', () => {
    assert.equal(operations.length, 220);
  });

  it('describes every endpoint', () => {
    assert.deepEqual(undescribed(describedControllers), []);
  });

  it('has every operation of the published SDK: same id, method, path and tag', () => {
    const missing = operations.filter(({ id, method, path, tag }) => {
      const ours = document.paths[path]?.[method];
      return ours?.['operationId'] !== id || className((ours['tags'] as string[])[0]!) !== tag;
    });
    assert.deepEqual(
      missing.map(({ id, method, path, tag }) => `${tag}: ${method} ${path} ${id}`),
      [],
    );
  });

  it('names request bodies as the SDK does', () => {
    const others = operations.filter(({ method, path, body }) => {
      if (body === undefined || answered.test(body)) return false;
      return !JSON.stringify(document.paths[path]?.[method]?.['requestBody'] ?? {}).includes(`/${body}"`);
    });
    assert.deepEqual(
      others.map(({ id, body }) => `${id}: ${body}`),
      [],
    );
  });

  it('has every model of the published SDK, by its name', () => {
    assert.equal(models.length, 109);
    assert.deepEqual(
      models.map(({ name }) => name).filter((name) => !(name in document.components.schemas)),
      [],
    );
  });

  it('gives models the properties the SDK knows', () => {
    const differences = common().flatMap(({ name, properties, schema }) => {
      const ours = Object.keys(schema['properties'] ?? {});
      const absent = properties.map((property) => property.name).filter((known) => !ours.includes(known));
      return absent.length > 0 ? [`${name}: ${absent.join(', ')}`] : [];
    });
    assert.deepEqual(differences, []);
  });

  it('asks in bodies for nothing that the SDK lets clients leave out, and promises in answers what it expects', () => {
    const promised = answerSchemas(answeredBy(operationsOf(describedControllers)));
    const differences = common().flatMap(({ name, properties, schema }) => {
      const required = new Set(schema['required'] as string[] | undefined);
      return properties
        .filter((property) => {
          const isRequired = required.has(property.name);
          return property.optional ? isRequired : name in promised && !isRequired;
        })
        .map((property) => `${name}.${property.name}`);
    });
    assert.deepEqual(differences.sort(), notPromised.trim().split(/\s+/).sort());
  });
});

/** Models that both describe with properties; bodies that are one of several have none of their own. */
function common() {
  return models.flatMap((model) => {
    const schema = document.components.schemas[model.name];
    return schema === undefined || 'oneOf' in schema ? [] : [{ ...model, schema }];
  });
}
