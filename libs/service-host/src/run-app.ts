import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { VersioningType, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CatenaError } from '#kernel';
import { CatenaServer } from '#messaging';
import { LOGGER, type Logger } from '#observability';
import { acceptJsonBodies } from './bodies/json-bodies.js';
import { NestLogger } from './nest-logger.js';
import { endInTime } from './end-in-time.js';
import { endConnections } from './connections.js';
import { refuseWithoutRule } from './endpoint-rules.js';
import { QuietAdapter } from './quiet-adapter.js';
import { serveMetrics } from './observation/serve-metrics.js';
import { watchRequests } from './observation/watch-requests.js';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from './service-host.options.js';

/** Characters of one part of an address: ids of work and of datablocks hold slashes, which are percent-encoded. */
const maxParamLength = 4096;

/** Bytes of a body where others than operators call: the end of a file in 10 000 parts lists all of them. */
const longestBody = 4 * 1024 * 1024;

/**
 * Starts a consumer app: its handlers on the broker, its health and operator calls on a local port.
 *
 * @param outside first parts of paths that do not stand below `/api`
 */
export async function runConsumerApp(
  module: Type | DynamicModule,
  listen: { host: string; port: number },
  outside: readonly string[] = [],
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    module,
    new QuietAdapter({ routerOptions: { maxParamLength, ignoreTrailingSlash: outside.length > 0 } }),
    {
      bufferLogs: true,
    },
  );
  app.useLogger(new NestLogger(app.get<Logger>(LOGGER)));
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '4' });
  app.setGlobalPrefix('api', { exclude: outside.map((path) => `${path.replace(/^\//, '')}/*rest`) });
  serveMetrics(app);
  watchRequests(app);
  acceptJsonBodies(app, outside.length > 0 ? longestBody : undefined);
  await attachConsumers(app);
  await app.listen(listen.port, listen.host);
  return app;
}

/**
 * Connects an app's `@Handles` methods to the broker, and its shutdown to the signals of the system.
 *
 * @param asked kinds of endpoint rules that a guard of the whole app asks; see {@link refuseWithoutRule}
 */
export async function attachConsumers(
  app: NestFastifyApplication,
  asked: readonly string[] = [],
): Promise<void> {
  refuseWithoutRule(app, asked);
  const { shutdownPatience, shutdownDeadline } = app.get<ServiceHostOptions>(SERVICE_HOST_OPTIONS);
  endInTime(shutdownDeadline, app.get<Logger>(LOGGER));
  endConnections(app, shutdownPatience);
  app.connectMicroservice({ strategy: app.get(CatenaServer) });
  app.enableShutdownHooks();
  await app.startAllMicroservices();
}

/**
 * Percent of what is in use by which an app's heap grows before it is tidied up. Node lets it grow to several times that where the
 * machine has memory: catalog-api had 450 MiB where 240 do. It is no limit: what is needed is taken.
 */
const heapGrowth = 50;

/** Runs an app's start; what stops it is one sentence for people and an exit code, not a stack trace. */
export async function startOrExplain(app: string, start: () => Promise<unknown>): Promise<void> {
  const flag = '--heap-growing-percent';
  if (!process.execArgv.some((given) => given.startsWith(flag))) setFlagsFromString(`${flag}=${heapGrowth}`);
  try {
    await start();
  } catch (error) {
    const text =
      error instanceof CatenaError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    process.stderr.write(`${app} cannot start: ${text}\n`);
    process.exit(1);
  }
}
