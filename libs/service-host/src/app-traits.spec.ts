import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serviceHostOptionsFrom } from './service-host.config.js';

const environment = { MONGODB_URI: 'mongodb://db/catena', RABBITMQ_URL: 'amqp://broker' };

describe('What an app says of itself to its host', () => {
  it("is its part in the conversation, which is its name as well, unless it plays the catalogue's side", () => {
    const { app, name, catalogueSide } = serviceHostOptionsFrom(environment, 'archiver', []);
    assert.deepEqual([app, name, catalogueSide], ['archiver', 'archiver', undefined]);
  });

  it("is, beside its part, which app of the catalogue's side it is: people know it by that", () => {
    const { app, name, catalogueSide } = serviceHostOptionsFrom(environment, 'catalog-api', [], {
      catalogueSide: 'scicat-bridge',
    });
    assert.deepEqual([app, name, catalogueSide], ['catalog-api', 'scicat-bridge', 'scicat-bridge']);
  });
});
