import { LOGGER, type Logger } from '#observability';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ending, PermanentError } from '#kernel';
import { declaredTopology, MessageTransport, Naming } from '#messaging';
import { MongoConnection } from '#persistence';
import { OutboxRelay, ParkingLot } from '#outbox';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from './service-host.options.js';

/** Starts what carries messages without waiting for its services, and stops it in an order that loses nothing. */
@Injectable()
export class ServiceHostLifecycle
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    @Inject(SERVICE_HOST_OPTIONS) private readonly options: ServiceHostOptions,
    private readonly mongo: MongoConnection,
    private readonly transport: MessageTransport,
    private readonly naming: Naming,
    private readonly relay: OutboxRelay,
    private readonly parkingLot: ParkingLot,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { app, retryDelays, brokerAccounts } = this.options;
    this.checkAccount();
    await this.transport.declare(declaredTopology(this.naming, app, retryDelays, brokerAccounts));
    await this.relay.start(this.mongo.whenReady());
    await this.parkingLot.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.relay.stop();
    await this.parkingLot.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await ending.waitFor('goodbye to the broker', this.transport.close());
    await ending.waitFor('goodbye to the database', this.mongo.close());
  }

  /** @throws PermanentError `messaging.wrong-account`: under another one, all that this app sends would be refused */
  private checkAccount(): void {
    const { app, brokerAccounts } = this.options;
    const expected = this.naming.accountOf(app);
    if (brokerAccounts === 'shared')
      this.logger.warn(
        { account: this.transport.account },
        'BROKER_ACCOUNTS is shared: a program with this account can send any message and read any queue; see docs/operations.md, "Accounts at the broker"',
      );
    else if (this.transport.account !== expected)
      throw new PermanentError(
        'messaging.wrong-account',
        `Expected ${app} to have the account ${expected} at the broker (BROKER_ACCOUNTS is per-app, CATENA_PREFIX names its first part), found ${this.transport.account}. Change RABBITMQ_URL, or set BROKER_ACCOUNTS=shared.`,
      );
  }
}
