import 'reflect-metadata';
import { join } from 'node:path';
import { appNames, registry } from '#contracts';
import { describedControllers } from '../../../apps/catalog-api/src/catalog-api.module.js';
import { openApiDocument } from '../../../apps/catalog-api/src/openapi/document.js';
import { asyncApiOf } from './asyncapi.js';
import { classNotesIn } from './field-notes.js';
import { MessageSchemas } from './json-schema.js';
import { messagePlacesIn } from './message-places.js';
import { messagesPage } from './messages-page.js';
import { operationsOpenApi } from './operations-openapi.js';

/** Everything that is generated from the code: path in the checkout → text. */
export function catalogue(root: string, version: string): ReadonlyMap<string, string> {
  const schemas = new MessageSchemas(classNotesIn(join(root, 'libs/contracts/src')));
  const apps = appNames.filter((app) =>
    registry.some(({ emitter, consumers }) => emitter === app || consumers.includes(app)),
  );
  return new Map([
    ['docs/messages.md', messagesPage(registry, schemas, messagePlacesIn(root))],
    ['docs/openapi.json', json(openApiDocument(describedControllers, version))],
    ['docs/operations-openapi.json', json(operationsOpenApi(root, version))],
    ['docs/asyncapi.json', json(asyncApiOf(registry, apps, schemas, version))],
    ...registry.map((contract): [string, string] => [
      `docs/schemas/${contract.type}.json`,
      json(schemas.messageOf(contract)),
    ]),
  ]);
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
