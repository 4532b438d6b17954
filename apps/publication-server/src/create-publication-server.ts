import 'reflect-metadata';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, ending } from '#kernel';
import { createLogger, type Logger } from '#observability';
import {
  DatabasePulse,
  endConnections,
  limitRequests,
  NestLogger,
  networkOf,
  QuietAdapter,
  refuseWithoutRule,
} from '#service-host';
import { MongoConnection } from '#persistence';
import { feedLimits } from '#publication-feed';
import { keepRawBodies } from './ingest/raw-bodies.js';
import type { PublicationServerConfig } from './publication-server.config.js';
import { PrivateListenerModule, PublicationServerModule } from './publication-server.module.js';
import type { SharedServices } from './shared.module.js';

/** Bytes of a form or query that a reader may send. */
const readerBodyLimit = 64 * 1024;

export interface PublicationServer {
  readonly logger: Logger;
  readonly publicApp: NestFastifyApplication;
  readonly privateApp: NestFastifyApplication;
  stop(): Promise<void>;
}

/** Puts both listeners together, without listening yet. */
export async function createPublicationServer(
  config: PublicationServerConfig,
  clock?: Clock,
): Promise<PublicationServer> {
  const logger = createLogger('publication-server', config.logLevel);
  const mongo = new MongoConnection({ uri: config.mongodbUri, appName: 'publication-server' }, logger);
  const pulse = new DatabasePulse(mongo);
  pulse.start();
  const shared: SharedServices = {
    config,
    logger,
    mongo,
    pulse,
    ...(clock === undefined ? {} : { clock }),
  };
  const make = async (module: DynamicModule, adapter: QuietAdapter): Promise<NestFastifyApplication> => {
    const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { bufferLogs: true });
    app.useLogger(new NestLogger(logger));
    refuseWithoutRule(app);
    endConnections(app, config.shutdownPatience);
    return app;
  };
  const publicApp = await make(
    PublicationServerModule.forRoot(shared),
    new QuietAdapter({
      bodyLimit: readerBodyLimit,
      trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
      // OAI identifiers and DOIs may be long; beyond this a request is refused by Node anyway.
      routerOptions: { maxParamLength: 4096 },
    }),
  );
  const { perAddress, window } = config.requestLimits;
  await limitRequests(publicApp, window, ({ ip }) => ({
    key: networkOf(ip),
    ...{ max: perAddress, variable: 'REQUEST_LIMIT_PER_ADDRESS' },
  }));
  const privateApp = await make(
    PrivateListenerModule.forRoot(shared),
    new QuietAdapter({ bodyLimit: feedLimits.partBytes, routerOptions: { maxParamLength: 4096 } }),
  );
  keepRawBodies(privateApp);
  return {
    logger,
    publicApp,
    privateApp,
    stop: async () => {
      await Promise.all([privateApp.close(), publicApp.close(), pulse.stop()]);
      await ending.waitFor('goodbye to the database', mongo.close());
    },
  };
}
