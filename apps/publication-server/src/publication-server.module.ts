import { Module, type DynamicModule } from '@nestjs/common';
import { DownloadsModule } from './downloads/downloads.module.js';
import { ServerNumbers } from './observation/server-numbers.js';
import { HealthController } from './health/health.controller.js';
import { IngestModule } from './ingest/ingest.module.js';
import { LandingModule } from './landing/landing.module.js';
import { OaiModule } from './oai/oai.module.js';
import { PagesModule } from './pages/pages.module.js';
import { RecallsModule } from './recalls/recalls.module.js';
import { SharedModule, type SharedServices } from './shared.module.js';
import { SiteModule } from './site/site.module.js';

/** The public listener: OAI-PMH, landing pages and downloads. It writes nothing but requests and usage. */
@Module({})
export class PublicationServerModule {
  static forRoot(shared: SharedServices): DynamicModule {
    return {
      module: PublicationServerModule,
      imports: [
        SharedModule.forRoot(shared),
        OaiModule,
        DownloadsModule,
        PagesModule,
        SiteModule,
        RecallsModule,
        // Last: its address of a DOI takes any depth of slashes.
        LandingModule,
      ],
      controllers: [HealthController],
      providers: [ServerNumbers],
    };
  }
}

/** The private listener: what the publisher sends, and what it comes to fetch. */
@Module({})
export class PrivateListenerModule {
  static forRoot(shared: SharedServices): DynamicModule {
    return {
      module: PrivateListenerModule,
      imports: [SharedModule.forRoot(shared), IngestModule],
      controllers: [HealthController],
    };
  }
}
