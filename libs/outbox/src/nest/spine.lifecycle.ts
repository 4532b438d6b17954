import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ending, messageOf, PermanentError } from '#kernel';
import { declaredTopology, MessageTransport, Naming } from '#messaging';
import type { Logger } from '#observability';
import { MongoConnection } from '#persistence';
import { MongoInbox } from '../mongo-inbox.js';
import { MongoOutboxStore } from '../mongo-outbox-store.js';
import { OutboxRelay } from '../outbox-relay.js';
import { ParkingLot } from '../parking-lot.js';
import { LOGGER, SPINE_OPTIONS, type SpineOptions } from './spine.options.js';

@Injectable()
export class SpineParts {
  constructor(
    readonly relay: OutboxRelay,
    readonly parkingLot: ParkingLot,
    readonly inbox: MongoInbox,
    readonly outbox: MongoOutboxStore,
  ) {}
}

/** Starts the spine without waiting for its services, and stops it in an order that loses nothing. */
@Injectable()
export class SpineLifecycle
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    @Inject(SPINE_OPTIONS) private readonly options: SpineOptions,
    private readonly mongo: MongoConnection,
    private readonly transport: MessageTransport,
    private readonly naming: Naming,
    private readonly parts: SpineParts,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { app, retryDelays, brokerAccounts } = this.options;
    this.checkAccount();
    await this.transport.declare(declaredTopology(this.naming, app, retryDelays, brokerAccounts));
    await this.parts.relay.start();
    await this.parts.parkingLot.start();
    void this.createIndexes();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.parts.relay.stop();
    await this.parts.parkingLot.stop();
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
        'BROKER_ACCOUNTS is shared: whoever knows this account can send any message and read any queue; see docs/operations.md, "Accounts at the broker"',
      );
    else if (this.transport.account !== expected)
      throw new PermanentError(
        'messaging.wrong-account',
        `Expected ${app} to have the account ${expected} at the broker (BROKER_ACCOUNTS is per-app, CATENA_PREFIX names its first part), found ${this.transport.account}. Change RABBITMQ_URL, or set BROKER_ACCOUNTS=shared.`,
      );
  }

  private async createIndexes(): Promise<void> {
    const { inbox, outbox, parkingLot } = this.parts;
    await this.mongo
      .afterStart('indexes of messages', async () => {
        await Promise.all([inbox.createIndexes(), outbox.createIndexes(), parkingLot.createIndexes()]);
      })
      .catch((error: unknown) =>
        this.logger.error({ error: messageOf(error) }, 'could not create the spine indexes'),
      );
  }
}
