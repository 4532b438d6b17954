import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ending } from '#kernel';
import { answerMetrics, LOGGER, type Logger } from '#observability';
import type { ObservationOptions } from '../observation.config.js';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from '../service-host.options.js';

/** A listener of its own for numbers, beside the one that readers reach: a proxy cannot give away what it does not see. */
export class PrivateListener {
  private server: Server | undefined;

  constructor(
    private readonly options: Pick<ObservationOptions, 'listen' | 'token'>,
    private readonly logger: Logger,
  ) {}

  /** @throws Error when the port is taken */
  async open(): Promise<void> {
    const { listen, token } = this.options;
    if (listen === undefined) return;
    const server = createServer((request, response) => {
      const path = (request.url ?? '').split('?')[0];
      if (request.method !== 'GET' || path !== '/metrics') return void response.writeHead(404).end();
      answerMetrics(request, response, this.logger, token);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(listen.port, listen.host, resolve);
    });
    this.server = server;
    const { port } = server.address() as AddressInfo;
    this.logger.info({ host: listen.host, port }, 'numbers are at /metrics of this port');
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    server.closeAllConnections();
    await ending.waitFor(
      'the listener for numbers',
      new Promise<void>((resolve) => server.close(() => resolve())),
    );
  }
}

/** That listener, for as long as the app runs. */
@Injectable()
export class OperationsListener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly listener: PrivateListener;

  constructor(
    @Inject(SERVICE_HOST_OPTIONS) { observation }: ServiceHostOptions,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.listener = new PrivateListener(observation, logger);
  }

  onApplicationBootstrap(): Promise<void> {
    return this.listener.open();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.listener.close();
  }
}
