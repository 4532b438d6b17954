import { Module, type DynamicModule } from '@nestjs/common';
import { Clock, SystemClock } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { MongoConnection } from '#persistence';
import { DatabasePulse } from '#service-host';
import { Embargoes } from './persistence/embargoes.js';
import { PublicReads } from './persistence/public-reads.js';
import { PublicStore } from './persistence/public-store.js';
import { ConfigToken, type PublicationServerConfig } from './publication-server.config.js';

export interface SharedServices {
  readonly config: PublicationServerConfig;
  readonly logger: Logger;
  readonly mongo: MongoConnection;
  readonly pulse: DatabasePulse;
  readonly clock?: Clock;
}

/** What both listeners share: one database connection, one logger, one store. */
@Module({})
export class SharedModule {
  static forRoot({ config, logger, mongo, pulse, clock = new SystemClock() }: SharedServices): DynamicModule {
    const providers = [
      { provide: ConfigToken, useValue: config },
      { provide: LOGGER, useValue: logger },
      { provide: MongoConnection, useValue: mongo },
      { provide: DatabasePulse, useValue: pulse },
      { provide: Clock, useValue: clock },
      PublicStore,
      PublicReads,
      Embargoes,
    ];
    return {
      module: SharedModule,
      global: true,
      providers,
      exports: [
        ConfigToken,
        LOGGER,
        MongoConnection,
        DatabasePulse,
        Clock,
        PublicStore,
        PublicReads,
        Embargoes,
      ],
    };
  }
}
