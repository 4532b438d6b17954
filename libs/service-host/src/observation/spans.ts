import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ending } from '#kernel';
import { exportSpans } from '#observability';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from '../service-host.options.js';
import { version } from './count-for.js';

/** Sends the spans of the app where the installation wants them, for as long as it runs. */
@Injectable()
export class Spans implements OnModuleInit, OnApplicationShutdown {
  private stop: (() => Promise<void>) | undefined;

  constructor(@Inject(SERVICE_HOST_OPTIONS) private readonly options: ServiceHostOptions) {}

  async onModuleInit(): Promise<void> {
    const { name: app, observation } = this.options;
    const { spansTo: endpoint } = observation;
    if (endpoint !== undefined) this.stop = await exportSpans({ app, version: version(), endpoint });
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.stop !== undefined) await ending.waitFor('the last spans', this.stop());
  }
}
