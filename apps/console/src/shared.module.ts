import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Clock, SystemClock } from '#kernel';
import { LOGGER, type Logger } from '#observability';
import type { OperatedApp } from '#operations-client';
import { CatalogClient } from './calls/catalog-client.js';
import { OperatedApps } from './calls/operated-apps.js';
import { ConfigToken, type ConsoleConfig } from './console.config.js';
import { FaultsFilter } from './edge/faults.filter.js';

export interface SharedServices {
  readonly config: ConsoleConfig;
  readonly apps: readonly OperatedApp[];
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** What everything in the console uses. */
@Module({})
export class SharedModule {
  static forRoot({ config, apps, logger, clock = new SystemClock() }: SharedServices): DynamicModule {
    return {
      module: SharedModule,
      global: true,
      providers: [
        { provide: ConfigToken, useValue: config },
        { provide: OperatedApps, useValue: new OperatedApps(apps) },
        { provide: LOGGER, useValue: logger },
        { provide: Clock, useValue: clock },
        CatalogClient,
        { provide: APP_FILTER, useClass: FaultsFilter },
      ],
      exports: [ConfigToken, OperatedApps, LOGGER, Clock, CatalogClient],
    };
  }
}
