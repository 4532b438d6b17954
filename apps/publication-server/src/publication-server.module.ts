import { Module, type DynamicModule } from '@nestjs/common';
import { downloadsParts } from './downloads/downloads.parts.js';
import { HealthController } from './health/health.controller.js';
import { ingestParts } from './ingest/ingest.parts.js';
import { oaiParts } from './oai/oai.parts.js';
import { pagesParts } from './pages/pages.parts.js';
import { SurroundingsModule, type Surroundings } from './surroundings.module.js';

/** The public listener: OAI-PMH, landing pages and downloads. It writes nothing but requests and usage. */
@Module({})
export class PublicationServerModule {
  static forRoot(surroundings: Surroundings): DynamicModule {
    return {
      module: PublicationServerModule,
      imports: [SurroundingsModule.forRoot(surroundings)],
      controllers: [
        HealthController,
        ...oaiParts.controllers,
        ...downloadsParts.controllers,
        // Last: its address of a DOI takes any depth of slashes.
        ...pagesParts.controllers,
      ],
      providers: [...oaiParts.providers, ...downloadsParts.providers, ...pagesParts.providers],
    };
  }
}

/** The private listener: what the publisher sends, and what it comes to fetch. */
@Module({})
export class PrivateListenerModule {
  static forRoot(surroundings: Surroundings): DynamicModule {
    return {
      module: PrivateListenerModule,
      imports: [SurroundingsModule.forRoot(surroundings)],
      controllers: [HealthController, ...ingestParts.controllers],
      providers: [...ingestParts.providers],
    };
  }
}
