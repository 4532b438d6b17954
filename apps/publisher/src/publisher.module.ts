import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceHostModule } from '#service-host';
import { FeedClient } from '#publication-feed';
import { PublicationTargets } from './accept-publications/publication-targets.js';
import { PublicationsConsumer } from './accept-publications/publications.consumer.js';
import { CatalogClient } from './catalog/catalog-client.js';
import { PublisherStore } from './persistence/publisher-store.js';
import { ConfigToken, type PublisherConfig } from './publisher.config.js';
import { PublisherNumbers } from './observation/publisher-numbers.js';
import { FeedPush } from './push/feed-push.js';
import { CopyFeed } from './recalls/copy-feed.js';
import { RecallDelivery } from './recalls/recall-delivery.js';
import { RecallMail } from './recalls/recall-mail.js';
import { RecallOrders } from './recalls/recall-orders.js';
import { Comparisons } from './reconcile/comparisons.js';
import { PublicSideController } from './operate/public-side.controller.js';
import { PublicationsController } from './operate/publications.controller.js';
import { PublicationLists } from './persistence/publication-lists.js';
import { Reconciliation } from './reconcile/reconciliation.js';
import { DataciteClient } from './registry/datacite-client.js';
import { DoiRegistration } from './registry/doi-registration.js';
import { ContentFreezer } from './run-publications/content-freezer.js';
import { LeasedPublications } from './persistence/leased-publications.js';
import { PublicationFaults } from './run-publications/publication-faults.js';
import { PublicationRunner } from './run-publications/publication-runner.js';
import { StepProgress } from './run-publications/step-progress.js';
import { PublicationSteps } from './run-publications/publication-steps.js';

@Module({})
export class PublisherModule {
  static forRoot(config: PublisherConfig): DynamicModule {
    return {
      module: PublisherModule,
      imports: [ServiceHostModule.forRoot(config.serviceHost)],
      controllers: [PublicationsConsumer, PublicationsController, PublicSideController],
      providers: [
        { provide: ConfigToken, useValue: config },
        { provide: FeedClient, useFactory: () => new FeedClient(config.feed) },
        PublisherStore,
        CatalogClient,
        PublicationTargets,
        PublicationLists,
        LeasedPublications,
        ContentFreezer,
        DataciteClient,
        DoiRegistration,
        FeedPush,
        PublicationSteps,
        StepProgress,
        PublicationFaults,
        PublicationRunner,
        RecallOrders,
        CopyFeed,
        RecallMail,
        RecallDelivery,
        Comparisons,
        Reconciliation,
        PublisherNumbers,
      ],
    };
  }
}
