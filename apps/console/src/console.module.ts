import { Module, type DynamicModule } from '@nestjs/common';
import { ConsoleStreams } from './events/console-streams.js';
import { EventsController } from './events/events.controller.js';
import { Hearsay } from './events/hearsay.js';
import { Jobs } from './jobs/jobs.service.js';
import { JobsController } from './jobs/jobs.controller.js';
import { CataloguePulse } from './observation/catalogue-pulse.js';
import { HealthController } from './observation/health.controller.js';
import { PagesController, WebFilesToken } from './pages/pages.controller.js';
import { SettingsController } from './pages/settings.controller.js';
import type { WebFiles } from './pages/web-files.js';
import { CatalogueController } from './passing/catalogue.controller.js';
import { CataloguePassing } from './passing/catalogue-passing.js';
import { OperationsController } from './passing/operations.controller.js';
import { OperationsPassing } from './passing/operations.service.js';
import { Emergency } from './session/emergency.js';
import { OidcController } from './session/oidc.controller.js';
import { Sealer } from './session/sealer.js';
import { SessionCookie } from './session/session-cookie.js';
import { SessionController } from './session/session.controller.js';
import { Sessions } from './session/sessions.service.js';
import { SignIn } from './session/sign-in.service.js';
import { SharedModule, type SharedServices } from './shared.module.js';

/** The console's server: sessions, calls that it passes on, events, and the files of the browser part. */
@Module({})
export class ConsoleModule {
  static forRoot(shared: SharedServices, files: WebFiles): DynamicModule {
    return {
      module: ConsoleModule,
      imports: [SharedModule.forRoot(shared)],
      controllers: [
        HealthController,
        SettingsController,
        SessionController,
        OidcController,
        JobsController,
        CatalogueController,
        OperationsController,
        EventsController,
        // Last: its pages take every other address below /console.
        PagesController,
      ],
      providers: [
        ...[Sealer, SessionCookie, Sessions, SignIn, Emergency],
        ...[CataloguePassing, OperationsPassing, Jobs, Hearsay, ConsoleStreams, CataloguePulse],
        { provide: WebFilesToken, useValue: files },
      ],
    };
  }
}
