import 'reflect-metadata';
import etag from '@fastify/etag';
import { VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { KnownCallers } from '#ingestor-uploads';
import { type Logger, LOGGER } from '#observability';
import { acceptJsonBodies, attachConsumers, NestLogger, QuietAdapter } from '#service-host';
import { AdmitsGuard } from './http/admits.guard.js';
import type { CatalogApiConfig } from './catalog-api.config.js';
import { CatalogApiModule, describedControllers } from './catalog-api.module.js';
import { guardEdge } from './http/edge.js';
import { Metrics } from './metrics/metrics.service.js';
import { openApiDocument } from './openapi/document.js';
import { serveExplorer } from './openapi/explorer.js';
import { limitCallers } from './sign-in/request-limits.js';
import { loadJobConfiguration } from './jobs/job-configuration.provider.js';

/** Version of SciCat whose SDK names the operations and models here. */
const apiVersion = '5.3';

/** Longest path parameter: an encoded pid or file name. */
const longestParameter = 3000;

/** The whole app, consumers attached, not listening yet. */
export async function createCatalogApi(config: CatalogApiConfig): Promise<NestFastifyApplication> {
  const jobs = await loadJobConfiguration(config.jobConfigurationFile);
  const { trustedProxies } = config.edge;
  const document = openApiDocument(describedControllers, apiVersion);
  const adapter = new QuietAdapter({
    bodyLimit: config.bodyLimit,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: longestParameter },
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    CatalogApiModule.forRoot(config, jobs),
    adapter,
    { bufferLogs: true },
  );
  const logger = app.get<Logger>(LOGGER);
  app.useLogger(new NestLogger(logger));
  const { notices } = config.identity;
  if (notices.length > 0) logger.warn({ notices }, 'settings to look at');
  const outside = `${config.ingestor.basePath.slice(1)}/*rest`;
  app.setGlobalPrefix('api', { exclude: ['metrics', outside] });
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '3' });
  guardEdge(app);
  const ingestors =
    config.ingestor.uploads === undefined ? undefined : app.get(KnownCallers, { strict: false });
  await limitCallers(app, config.edge.requestLimits, ingestors);
  app.get(Metrics).watch(app.getHttpAdapter().getInstance());
  acceptJsonBodies(app, config.bodyLimit);
  // Answers that did not change cost a reader one line.
  await app.register(etag, { algorithm: 'sha1', weak: true });
  serveExplorer(app.getHttpAdapter().getInstance(), config.explorerPath, document);
  await attachConsumers(app, [AdmitsGuard.asks]);
  return app;
}
