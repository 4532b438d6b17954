import { required, type Environment } from '#kernel';
import type { S3ObjectStoreOptions } from './s3-client.js';

/**
 * The variables that every app reads which speaks to the object store; those that hand out links read their public
 * address beside them. See docs/configuration.md.
 */
export function s3OptionsFrom(environment: Environment): S3ObjectStoreOptions {
  return {
    endpoint: required(environment, 'S3_ENDPOINT', 'http://127.0.0.1:9000'),
    accessKey: required(environment, 'S3_ACCESS_KEY', 'catena'),
    secretKey: required(environment, 'S3_SECRET_KEY', 'a-secret'),
    region: environment['S3_REGION'] ?? 'us-east-1',
  };
}
