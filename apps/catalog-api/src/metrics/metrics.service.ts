import { readFile } from 'node:fs/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { messageOf, PermanentError } from '#kernel';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';

/** A route of `METRICS_CONFIG_FILE`: `{path, version?}`, where `*` stands for any path. */
interface RoutePattern {
  readonly path: string;
  readonly version?: string;
}

/** How often each route is called, how long it takes and how it ends, for Prometheus. */
@Injectable()
export class Metrics implements OnModuleInit {
  private readonly registry = new Registry();
  private readonly durations = new Histogram({
    name: 'catena_http_request_duration_seconds',
    help: 'Duration of requests by route, method and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.registry],
  });
  private include: readonly RoutePattern[] = [{ path: '*' }];
  private exclude: readonly RoutePattern[] = [];

  constructor(@Inject(ConfigToken) private readonly config: CatalogApiConfig) {}

  get enabled(): boolean {
    return this.config.edge.metrics !== undefined;
  }

  /** @throws PermanentError `kernel.configuration` for a file that is not `{include, exclude}` */
  async onModuleInit(): Promise<void> {
    if (!this.enabled) return;
    collectDefaultMetrics({ register: this.registry });
    const file = this.config.edge.metrics?.file;
    if (file === undefined) return;
    const { include, exclude } = await routesIn(file);
    this.include = include ?? this.include;
    this.exclude = exclude ?? this.exclude;
  }

  /** Watches the server. Routes are counted by their pattern, so that ids make no series of their own. */
  watch(server: FastifyInstance): void {
    if (!this.enabled) return;
    server.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'unknown';
      if (this.counts(route))
        this.durations.observe(
          { method: request.method, route, status: reply.statusCode },
          reply.elapsedTime / 1000,
        );
      done();
    });
  }

  async text(): Promise<{ body: string; type: string }> {
    return { body: await this.registry.metrics(), type: this.registry.contentType };
  }

  private counts(route: string): boolean {
    const matches = (patterns: readonly RoutePattern[]): boolean =>
      patterns.some(({ path, version }) => isMatch(route, path, version));
    return matches(this.include) && !matches(this.exclude);
  }
}

function isMatch(route: string, path: string, version: string | undefined): boolean {
  const [, ofRoute, rest = route] = /^\/api\/v(\d+)(\/.*)?$/i.exec(route) ?? [];
  if (version !== undefined && ofRoute !== undefined && version !== ofRoute) return false;
  const prefix = path.replace(/\*$/, '').replace(/^\/?/, '/');
  return rest.toLowerCase().startsWith(prefix.toLowerCase());
}

async function routesIn(file: string): Promise<{ include?: RoutePattern[]; exclude?: RoutePattern[] }> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as { include?: unknown; exclude?: unknown };
    for (const list of [value.include ?? [], value.exclude ?? []])
      if (!Array.isArray(list) || !list.every((item) => typeof (item as RoutePattern).path === 'string'))
        throw new Error('include and exclude must be lists of {path}');
    return value as { include?: RoutePattern[]; exclude?: RoutePattern[] };
  } catch (error) {
    throw new PermanentError(
      'kernel.configuration',
      `Expected ${file} (METRICS_CONFIG_FILE) to be {"include":[{"path":"*"}],"exclude":[]}, found: ${messageOf(error)}.`,
    );
  }
}
