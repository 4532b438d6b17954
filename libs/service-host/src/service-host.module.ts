import { LOGGER, createLogger, type Logger } from '#observability';
import { factsOfContext } from '#messaging';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { Clock, SystemClock } from '#kernel';
import { CatenaServer, catalogueSideOf, Inbox, MessageTransport, Naming, RabbitTransport } from '#messaging';
import { OperatorActions } from '#operations';
import { MongoConnection } from '#persistence';
import { MongoInbox, MongoOutboxStore, OutboxRelay, OutboxStore, ParkingLot } from '#outbox';
import { AppHealth } from './app-health.js';
import { stopForGood } from './end-in-time.js';
import { HealthController } from './health.controller.js';
import { MessageIndexes } from './message-indexes.js';
import { AppController } from './operations/app.controller.js';
import { AuditController } from './operations/audit.controller.js';
import { BulkRunsController } from './operations/bulk-runs.controller.js';
import { operationsProviders } from './operations/provide-operations.js';
import { ParkingLotController } from './operations/parking-lot.controller.js';
import { WhyController, WhySources } from './operations/why.controller.js';
import { countFor } from './observation/count-for.js';
import { OperationsListener } from './observation/operations-listener.js';
import { Spans } from './observation/spans.js';
import { ServiceHostNumbers } from './observation/service-host-numbers.js';
import { ServiceHostLifecycle } from './service-host.lifecycle.js';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from './service-host.options.js';

/** Everything an app needs to take part in the conversation: database, broker, inbox, outbox, parking lot, health. */
@Module({})
export class ServiceHostModule {
  static forRoot(options: ServiceHostOptions): DynamicModule {
    const { catalogueSide } = options;
    countFor(options.name, options.observation);
    const providers: Provider[] = [
      { provide: SERVICE_HOST_OPTIONS, useValue: options },
      { provide: LOGGER, useFactory: () => createLogger(options.name, options.logLevel, factsOfContext) },
      { provide: Clock, useClass: SystemClock },
      { provide: Naming, useFactory: () => new Naming(options.prefix) },
      {
        provide: MongoConnection,
        inject: [LOGGER],
        useFactory: (logger: Logger) =>
          new MongoConnection({ uri: options.mongodbUri, appName: options.name }, logger),
      },
      {
        provide: MessageTransport,
        inject: [LOGGER, Naming],
        useFactory: (logger: Logger, naming: Naming) =>
          new RabbitTransport(
            {
              url: options.rabbitmqUrl,
              connectionName: options.name,
              answerLimit: options.brokerAnswerLimit,
              place: catalogueSide === undefined ? undefined : catalogueSideOf(naming, catalogueSide),
              onFatal: (error) => stopForGood(error, logger),
            },
            logger,
          ),
      },
      {
        provide: MongoInbox,
        inject: [MongoConnection, Clock],
        useFactory: ({ connection }: MongoConnection, clock: Clock) => new MongoInbox(connection, clock),
      },
      { provide: Inbox, useExisting: MongoInbox },
      {
        provide: MongoOutboxStore,
        inject: [MongoConnection],
        useFactory: ({ connection }: MongoConnection) => new MongoOutboxStore(connection, options.outboxes),
      },
      { provide: OutboxStore, useExisting: MongoOutboxStore },
      {
        provide: OutboxRelay,
        inject: [OutboxStore, MessageTransport, Naming, Clock, LOGGER],
        useFactory: (
          store: OutboxStore,
          transport: MessageTransport,
          naming: Naming,
          clock: Clock,
          logger: Logger,
        ) =>
          new OutboxRelay(
            {
              app: options.app,
              sweepInterval: 1000,
              lease: options.outboxLease,
              acceptTimeout: options.acceptTimeout,
              parallel: 4,
              accounts: options.brokerAccounts,
            },
            store,
            transport,
            naming,
            clock,
            logger,
          ),
      },
      {
        provide: ParkingLot,
        inject: [MongoConnection, MessageTransport, Naming, Clock, LOGGER],
        useFactory: (
          { connection }: MongoConnection,
          transport: MessageTransport,
          naming: Naming,
          clock: Clock,
          logger: Logger,
        ) => new ParkingLot(connection, transport, { app: options.app, naming }, clock, logger),
      },
      {
        provide: CatenaServer,
        inject: [Naming, MessageTransport, Inbox, LOGGER],
        useFactory: (naming: Naming, transport: MessageTransport, inbox: Inbox, logger: Logger) =>
          new CatenaServer(
            {
              app: options.app,
              retryDelays: options.retryDelays,
              prefetch: 16,
              messageLimit: options.messageLimit,
              accounts: options.brokerAccounts,
              outsideTargets: options.outsideTargets ?? [],
            },
            naming,
            transport,
            inbox,
            logger,
          ),
      },
      ...operationsProviders(options),
      AppHealth,
      MessageIndexes,
      Spans,
      ServiceHostNumbers,
      OperationsListener,
      ServiceHostLifecycle,
    ];
    return {
      module: ServiceHostModule,
      global: true,
      controllers: [
        HealthController,
        AppController,
        ParkingLotController,
        BulkRunsController,
        AuditController,
        WhyController,
      ],
      providers,
      exports: [
        SERVICE_HOST_OPTIONS,
        LOGGER,
        AppHealth,
        Clock,
        Naming,
        MongoConnection,
        MessageTransport,
        OutboxStore,
        OutboxRelay,
        CatenaServer,
        ParkingLot,
        OperatorActions,
        WhySources,
      ],
    };
  }
}
