import 'reflect-metadata';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DynamicModule } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import mongoose from 'mongoose';
import { registry, type AppName } from '#contracts';
import { CatenaServer, MessageTransport } from '#messaging';
import { MemoryTransport } from '#messaging/testing';
import { MongoConnection } from '#persistence';
import { AdmitsGuard } from '../../apps/catalog-api/src/http/admits.guard.js';
import { refuseWithoutRule } from '#service-host';
import { archiverConfigFrom } from '../../apps/archiver/src/archiver.config.js';
import { ArchiverModule } from '../../apps/archiver/src/archiver.module.js';
import { catalogApiConfigFrom } from '../../apps/catalog-api/src/catalog-api.config.js';
import { CatalogApiModule } from '../../apps/catalog-api/src/catalog-api.module.js';
import { loadJobConfiguration } from '../../apps/catalog-api/src/jobs/job-configuration.provider.js';
import { jobAssemblerConfigFrom } from '../../apps/job-assembler/src/job-assembler.config.js';
import { publisherConfigFrom } from '../../apps/publisher/src/publisher.config.js';
import { PublisherModule } from '../../apps/publisher/src/publisher.module.js';
import { JobAssemblerModule } from '../../apps/job-assembler/src/job-assembler.module.js';

/** Nobody listens there: a module that connects to something while it is put together fails. */
const environment = {
  MONGODB_URI: 'mongodb://127.0.0.1:1/test',
  RABBITMQ_URL: 'amqp://127.0.0.1:1',
  S3_ENDPOINT: 'http://127.0.0.1:1',
  S3_ACCESS_KEY: 'key',
  S3_SECRET_KEY: 'secret',
  JWT_SECRET: 'secret',
  CATALOG_URL: 'http://127.0.0.1:1',
  CATALOG_USERNAME: 'jobAssembler',
  CATALOG_PASSWORD: 'secret',
  LTS_ROOTS: '/nowhere',
  PUSH_SECRET: 'a secret of thirty-two characters or more',
  PUBLICATION_SERVER_URL: 'http://127.0.0.1:1',
  PUBLIC_URL: 'http://127.0.0.1:1',
  LOG_LEVEL: 'silent',
};

const modules: readonly (readonly [AppName, () => Promise<DynamicModule>])[] = [
  [
    'catalog-api',
    async () =>
      CatalogApiModule.forRoot(catalogApiConfigFrom(environment), await loadJobConfiguration(undefined)),
  ],
  ['job-assembler', () => Promise.resolve(JobAssemblerModule.forRoot(jobAssemblerConfigFrom(environment)))],
  ['archiver', () => Promise.resolve(ArchiverModule.forRoot(archiverConfigFrom(environment)))],
  ['publisher', () => Promise.resolve(PublisherModule.forRoot(publisherConfigFrom(environment)))],
];

const database = {
  connection: mongoose.createConnection(),
  ready: false,
  whenReady: () => new Promise<void>(() => undefined),
  ping: () => Promise.reject(new Error('no database')),
  close: () => Promise.resolve(),
};

/** The app put together, with the outside of its host replaced and no life-cycle hook run. */
async function assembled(module: DynamicModule): Promise<NestFastifyApplication> {
  const testing = await Test.createTestingModule({ imports: [module] })
    .overrideProvider(MongoConnection)
    .useValue(database)
    .overrideProvider(MessageTransport)
    .useValue(new MemoryTransport())
    .compile();
  return testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
}

describe('The wiring', () => {
  for (const [name, make] of modules) {
    describe(`of ${name}`, () => {
      it('is complete, and needs nobody to be put together', async () => {
        assert.ok(await assembled(await make()));
      });

      it('has a rule on every endpoint that says who may call it', async () => {
        refuseWithoutRule(await assembled(await make()), name === 'catalog-api' ? [AdmitsGuard.asks] : []);
      });

      it('starts with a handler for each of its messages', async () => {
        const app = await assembled(await make());
        const server = app.get(CatenaServer);
        app.connectMicroservice({ strategy: server });
        await new Promise<void>((resolve, reject) =>
          server.listen((error) => (error === undefined ? resolve() : reject(error))),
        );
        await server.close();
        const wanted = registry.filter(({ consumers }) => consumers.includes(name)).map(({ type }) => type);
        assert.deepEqual([...server.getHandlers().keys()].sort(), wanted.sort());
      });
    });
  }
});
