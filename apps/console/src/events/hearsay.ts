import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { BrokerTap, heardTypes, Naming } from '#messaging';
import { LOGGER, type Logger } from '#observability';
import { ConfigToken, type ConsoleConfig } from '../console.config.js';

/**
 * What apps say to each other, as far as the console hears it: that it was said, and of what. Only a hint to ask again; nothing is
 * known from it, and nothing is wrong where it is missing.
 */
@Injectable()
export class Hearsay implements OnModuleDestroy {
  private tap: BrokerTap | undefined;

  constructor(
    @Inject(ConfigToken) private readonly config: Pick<ConsoleConfig, 'rabbitmqUrl' | 'prefix'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Whether it hears everything now. */
  get connected(): boolean {
    return this.tap?.connected === true;
  }

  /** Once, when the app has started. @param onHeard gets what it was about, such as `archival` */
  listen(onHeard: (context: string) => void): void {
    const { rabbitmqUrl: url, prefix } = this.config;
    if (url === undefined || this.tap !== undefined) return;
    this.tap = new BrokerTap(
      { url, naming: new Naming(prefix), connectionName: 'console', types: heardTypes, onHeard },
      this.logger,
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.tap?.close();
  }
}
