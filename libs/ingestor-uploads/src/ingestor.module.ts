import { Module, type DynamicModule, type ModuleMetadata, type Provider, type Type } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { IngestorHealthController } from './endpoints/health.controller.js';
import { JobsController } from './endpoints/jobs.controller.js';
import { KnownCallers } from './endpoints/known-callers.js';
import { UnreadableBodies } from './endpoints/unreadable-bodies.js';
import { TokenController } from './endpoints/token.controller.js';
import { DatasetUploadsController, FileUploadsController } from './endpoints/uploads.controller.js';
import { IngestorConfigToken, UploadsConfigToken, type IngestorConfig } from './ingestor.config.js';
import { IngestorStore } from './persistence/ingestor-store.js';
import { LandedRoom } from './space/landed-room.js';
import { LandingSpace } from './space/landing-space.js';
import { UploadLists } from './operate/upload-lists.js';
import { UploadNumbers } from './operate/upload-numbers.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { Grants } from './tokens/grants.js';
import { OidcTokens } from './tokens/oidc-tokens.js';
import { LinkTokens } from './transfers/link-tokens.js';
import { ObjectsRoute } from './transfers/serve-objects.js';
import { Transfers } from './transfers/transfers.js';
import { UploadCatalogue } from './upload-catalogue.js';
import { Aborting } from './uploads/aborting.js';
import { Aftermath } from './uploads/aftermath.js';
import { Clearing } from './uploads/clearing.js';
import { UploadCompleteness } from './uploads/completeness.js';
import { Finalization } from './uploads/finalization.js';
import { Leftovers } from './uploads/leftovers.js';
import { KnownMultiparts } from './uploads/known-multiparts.js';
import { LandingObjects } from './uploads/landing-objects.js';
import { MultipartsSweep } from './uploads/multiparts-sweep.js';
import { Multiparts } from './uploads/multiparts.js';
import { NeededFiles } from './uploads/needed-files.js';
import { RegisteredFiles } from './uploads/registered-files.js';
import { UnfinishedUploads } from './uploads/unfinished-uploads.js';
import { UploadLinks } from './uploads/upload-links.js';
import { UploadsSweep } from './uploads/uploads-sweep.js';
import { Uploads } from './uploads/uploads.js';
import { UploadWorkers } from './uploads/workers.js';

/** Everything that uploads need; nothing of it is there without `INGESTOR_TOKEN_SECRET`. */
const ofUploads: Provider[] = [
  ...[
    KnownCallers,
    IngestorStore,
    LandingSpace,
    LandedRoom,
    Leftovers,
    LandingObjects,
    AccessTokens,
    Grants,
    OidcTokens,
  ],
  ...[LinkTokens, Transfers, ObjectsRoute, RegisteredFiles, Uploads, UploadLinks, Multiparts],
  ...[UploadWorkers, UploadCompleteness, Aftermath, Finalization, NeededFiles, Clearing, Aborting],
  ...[UnfinishedUploads, UploadsSweep, KnownMultiparts, UploadLists, UploadNumbers],
];

/** What an app that serves the API brings along. */
export interface IngestorOptions {
  /** What provides `ObjectStore` and the catalogue. */
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  /** The class of the catalogue that they provide. */
  readonly catalogue: Type<UploadCatalogue>;
  /** `OperatedUploadsController`: named by the app, so that its calls are known to be the app's. */
  readonly operations: Type;
  /** Nobody else uploads into the landing zone: what is not known here, nobody knows. */
  readonly sweepsMultiparts?: boolean;
}

/** The endpoints below the path of the API, and what they need. */
@Module({})
class IngestorEndpointsModule {
  static forRoot(config: IngestorConfig, options: IngestorOptions): DynamicModule {
    const { uploads } = config;
    return {
      module: IngestorEndpointsModule,
      imports: [
        ...options.imports,
        RouterModule.register([{ path: config.basePath, module: IngestorEndpointsModule }]),
      ],
      controllers: [
        ...[IngestorHealthController, JobsController],
        ...(uploads === undefined ? [] : [TokenController, DatasetUploadsController, FileUploadsController]),
      ],
      providers: [
        UnreadableBodies,
        { provide: UploadCatalogue, useExisting: options.catalogue },
        { provide: IngestorConfigToken, useValue: config },
        ...(uploads === undefined ? [] : [{ provide: UploadsConfigToken, useValue: uploads }, ...ofUploads]),
        ...(uploads !== undefined && options.sweepsMultiparts === true ? [MultipartsSweep] : []),
      ],
      exports: uploads === undefined ? [] : [KnownMultiparts, KnownCallers, UploadLists],
    };
  }
}

/** The API that ingestors and SciCat's `url` actions speak, below its own path, and what operators see of it. */
@Module({})
export class IngestorModule {
  static forRoot(config: IngestorConfig, options: IngestorOptions): DynamicModule {
    const endpoints = IngestorEndpointsModule.forRoot(config, options);
    return {
      module: IngestorModule,
      imports: [endpoints],
      controllers: config.uploads === undefined ? [] : [options.operations],
      exports: [endpoints],
    };
  }
}
