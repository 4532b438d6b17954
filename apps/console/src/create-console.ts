import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ending, type Clock } from '#kernel';
import { factsOfContext } from '#messaging';
import { createLogger, exportSpans, type Logger } from '#observability';
import { operatedApps } from '#operations-client';
import {
  acceptJsonBodies,
  countFor,
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
import type { ConsoleConfig } from './console.config.js';
import { ConsoleModule } from './console.module.js';
import { guardConsole } from './edge/security-headers.js';
import { webFilesIn } from './pages/web-files.js';

/** Bytes of a body that a page may send. */
const bodyLimit = 1024 * 1024;

export interface Console {
  readonly logger: Logger;
  readonly app: NestFastifyApplication;
  stop(): Promise<void>;
}

export interface ConsoleOptions {
  readonly clock?: Clock;
  /** Instead of one that writes to standard output. */
  readonly logger?: Logger;
}

/** Puts the console together, without listening yet. */
export async function createConsole(
  config: ConsoleConfig,
  { clock, logger = createLogger('console', config.logLevel, factsOfContext) }: ConsoleOptions = {},
): Promise<Console> {
  const { observation } = config;
  const apps = await operatedApps(config.operationsAppsFile);
  const files = webFilesIn(config.webFolder);
  if (files.problem !== undefined) logger.warn({ code: 'console.no-pages' }, files.problem);
  countFor('console', observation);
  const { spansTo: endpoint } = observation;
  const stopSpans =
    endpoint === undefined ? undefined : await exportSpans({ app: 'console', version: version(), endpoint });
  const shared = { config, apps, logger, ...(clock === undefined ? {} : { clock }) };
  const app = await NestFactory.create<NestFastifyApplication>(
    ConsoleModule.forRoot(shared, files),
    new QuietAdapter({
      bodyLimit,
      trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
      // Ids of work and of datasets may be long.
      routerOptions: { maxParamLength: 4096 },
    }),
    { bufferLogs: true, bodyParser: false },
  );
  app.useLogger(new NestLogger(logger));
  const { perAddress, window } = config.requestLimits;
  await limitRequests(app, window, ({ ip }) => ({
    ...{ key: networkOf(ip), max: perAddress, variable: 'REQUEST_LIMIT_PER_ADDRESS' },
  }));
  guardConsole(app, config);
  watchRequests(app);
  takeJsonOnly(app);
  refuseWithoutRule(app);
  endConnections(app, config.shutdownPatience);
  const numbers = new PrivateListener(observation, logger);
  await numbers.open();
  return {
    logger,
    app,
    stop: async () => {
      await Promise.all([app.close(), numbers.close()]);
      if (stopSpans !== undefined) await ending.waitFor('the last spans', stopSpans());
    },
  };
}

/** Forms of other sites send text and fields, never JSON. */
function takeJsonOnly(app: NestFastifyApplication): void {
  app.getHttpAdapter().getInstance().removeAllContentTypeParsers();
  acceptJsonBodies(app, bodyLimit);
}
