import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { MessageTransport, Naming } from '#messaging';
import { metrics, type Sample } from '#observability';
import { ParkingLot } from '#outbox';
import { AppHealth } from '../app-health.js';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from '../service-host.options.js';

/** Numbers of every app that takes part in the conversation: what it waits for, and what waits for it. */
@Injectable()
export class ServiceHostNumbers implements OnApplicationBootstrap {
  constructor(
    private readonly health: AppHealth,
    private readonly transport: MessageTransport,
    private readonly naming: Naming,
    private readonly parkingLot: ParkingLot,
    @Inject(SERVICE_HOST_OPTIONS) private readonly options: ServiceHostOptions,
  ) {}

  onApplicationBootstrap(): void {
    metrics.measure({
      name: 'dependencies',
      gauges: {
        catena_dependency_up: {
          help: 'Whether the app reaches a service that it needs: database, broker.',
          labels: ['dependency'],
        },
        catena_outbox_unpublished: { help: 'Documents with messages that the broker has not confirmed.' },
        catena_outbox_unaccepted: { help: 'Documents with messages that no consumer has accepted.' },
        catena_outbox_oldest_unaccepted_seconds: {
          help: 'Age of the oldest message that is not accepted, whether or not it was published; 0: there is none.',
        },
      },
      read: async () => {
        await this.health.upToDate();
        return [...this.dependencies(), ...this.outbox()];
      },
    });
    metrics.measure({
      name: 'parking lot',
      gauges: {
        catena_parking_lot_messages: {
          help: 'Messages that could not be handled, by what was decided on them.',
          labels: ['state'],
        },
      },
      read: async () =>
        Object.entries(await this.parkingLot.counts()).map(([state, value]) => ({
          ...{ metric: 'catena_parking_lot_messages', labels: { state }, value },
        })),
    });
    metrics.measure({
      name: 'queues',
      gauges: {
        catena_queue_messages: { help: "Messages in one of the app's queues.", labels: ['queue'] },
        catena_queue_consumers: { help: "Consumers of one of the app's queues.", labels: ['queue'] },
      },
      read: () => this.queues(),
    });
  }

  private dependencies(): Sample[] {
    const { database, broker } = this.health;
    return Object.entries({ database, broker }).map(([dependency, up]) => ({
      ...{ metric: 'catena_dependency_up', labels: { dependency }, value: up ? 1 : 0 },
    }));
  }

  /** As of the last look at health. */
  private outbox(): Sample[] {
    const { outbox } = this.health;
    if (outbox === undefined || !('documents' in outbox)) return [];
    const { documents, oldestMs, unaccepted } = outbox;
    return [
      { metric: 'catena_outbox_unpublished', value: documents },
      { metric: 'catena_outbox_unaccepted', value: unaccepted.documents },
      {
        metric: 'catena_outbox_oldest_unaccepted_seconds',
        value: Math.max(oldestMs, unaccepted.oldestMs) / 1000,
      },
    ];
  }

  /** Queues without a consumer of their own, the retry tiers, are left out: messages wait there by design. */
  private async queues(): Promise<Sample[]> {
    const { naming, transport, options } = this;
    const { app } = options;
    const names = [naming.inboxOf(app), naming.receiptsOf(app), naming.deadOf(app)];
    return [...(await transport.look(names))].flatMap(([queue, { messages, consumers }]) => [
      { metric: 'catena_queue_messages', labels: { queue }, value: messages },
      { metric: 'catena_queue_consumers', labels: { queue }, value: consumers },
    ]);
  }
}
