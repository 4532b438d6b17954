import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { answerMetrics, LOGGER, type Logger } from '#observability';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from '../service-host.options.js';

/** `/metrics` on the port of an app that only operators and other apps reach. It is no endpoint of the API. */
export function serveMetrics(app: NestFastifyApplication): void {
  const { token } = app.get<ServiceHostOptions>(SERVICE_HOST_OPTIONS).observation;
  const logger = app.get<Logger>(LOGGER);
  app
    .getHttpAdapter()
    .getInstance()
    .get('/metrics', (request, reply) => {
      reply.hijack();
      answerMetrics(request.raw, reply.raw, logger, token);
    });
}
