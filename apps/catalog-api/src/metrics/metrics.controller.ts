import { Controller, Get, Res, VERSION_NEUTRAL } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Open } from '#service-host';
import { Refusal } from '../domain/errors.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { Metrics } from './metrics.service.js';

/** Where Prometheus looks: `/metrics`, outside the API. */
@Open('Prometheus has no account; an operator switches it on and keeps the path inside')
@Area('metrics')
@Controller({ path: 'metrics', version: VERSION_NEUTRAL })
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Operation('metricsControllerText')
  @Get()
  async text(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    if (!this.metrics.enabled)
      throw new Refusal(404, 'Metrics are switched off: an operator sets METRICS_ENABLED.');
    const { body, type } = await this.metrics.text();
    reply.type(type);
    return body;
  }
}
