import 'reflect-metadata';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, ending } from '#kernel';
import { factsOfContext } from '#messaging';
import { createLogger, exportSpans, type Logger } from '#observability';
import {
  countFor,
  DatabasePulse,
  endConnections,
  limitRequests,
  NestLogger,
  networkOf,
  PrivateListener,
  QuietAdapter,
  refuseWithoutRule,
  version,
  watchRequests,
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
  const { observation } = config;
  countFor('publication-server', observation);
  const logger = createLogger('publication-server', config.logLevel, factsOfContext);
  const { spansTo: endpoint } = observation;
  const stopSpans =
    endpoint === undefined
      ? undefined
      : await exportSpans({ app: 'publication-server', version: version(), endpoint });
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
    watchRequests(app);
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
  const numbers = new PrivateListener(observation, logger);
  await numbers.open();
  return {
    logger,
    publicApp,
    privateApp,
    stop: async () => {
      await Promise.all([privateApp.close(), publicApp.close(), pulse.stop(), numbers.close()]);
      await ending.waitFor('goodbye to the database', mongo.close());
      if (stopSpans !== undefined) await ending.waitFor('the last spans', stopSpans());
    },
  };
}
