import 'reflect-metadata';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { createLogger } from '#observability';
import { MemoryObjectStore } from '#storage/testing';
import { Buckets } from './buckets.lifecycle.js';
import { scicatBridgeConfigFrom } from './scicat-bridge.config.js';

const configOf = (environment: Readonly<Record<string, string>>) =>
  scicatBridgeConfigFrom({
    ...{ MONGODB_URI: 'mongodb://x/y', RABBITMQ_URL: 'amqp://x', S3_ENDPOINT: 'http://x' },
    ...{ S3_ACCESS_KEY: 'x', S3_SECRET_KEY: 'x', SCICAT_URL: 'http://x' },
    ...{ SCICAT_USERNAME: 'catena', SCICAT_PASSWORD: 'x', ...environment },
  });

describe('The buckets that the bridge makes', () => {
  it('are those that catalog-api would make: for lists, and the landing zone that other apps look into', async () => {
    const made: string[] = [];
    class Store extends MemoryObjectStore {
      override ensureBucket(bucket: string): Promise<void> {
        made.push(bucket);
        return super.ensureBucket(bucket);
      }
    }
    const config = configOf({ CONTROL_BUCKET: 'lists', LANDING_ZONE_BUCKET: 'zone' });
    const buckets = new Buckets(new Store(), config, createLogger('buckets.spec', 'silent'));
    buckets.onApplicationBootstrap();
    await until(() => Promise.resolve(made.length >= 2));
    buckets.onApplicationShutdown();
    assert.deepEqual(made, ['lists', 'zone']);
  });

  it('are two: one for both uses is refused', () => {
    assert.throws(
      () => configOf({ CONTROL_BUCKET: 'one', LANDING_ZONE_BUCKET: 'one' }),
      /CONTROL_BUCKET and LANDING_ZONE_BUCKET/,
    );
  });
});
