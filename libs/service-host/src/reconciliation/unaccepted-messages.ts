import { Inject, Injectable } from '@nestjs/common';
import { MongoConnection, rowsById } from '#persistence';
import type { OutboxPart, OutboxPlace, OutboxRow } from '#outbox';
import { SERVICE_HOST_OPTIONS, type ServiceHostOptions } from '../service-host.options.js';
import { nothingToRepair, ReconciliationCheck, type Finding, type Look } from './reconciliation-check.js';

/** Messages that their consumers have not accepted for so long that sending them again will hardly help. */
@Injectable()
export class UnacceptedMessages extends ReconciliationCheck {
  readonly name = 'messages under way';
  readonly repair = nothingToRepair;

  constructor(
    private readonly mongo: MongoConnection,
    @Inject(SERVICE_HOST_OPTIONS) private readonly options: ServiceHostOptions,
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    for (const place of this.options.outboxes) yield* this.in(place, look);
  }

  private async *in({ collection, path }: OutboxPlace, look: Look): AsyncGenerator<Finding> {
    const documents = this.mongo.connection.collection<{ _id: string }>(collection);
    const filter = { [`${path}.dueAt`]: { $gt: new Date(0) } };
    const found = rowsById<{ _id: string }>(documents, filter, { projection: { [path]: 1 } });
    for await (const document of found)
      for (const row of rowsIn(document, path)) {
        look.looked();
        if (row.time <= look.oldEnough) yield findingOf(`${collection}/${document._id}`, row);
      }
  }
}

function rowsIn(document: object, path: string): readonly OutboxRow[] {
  let value: unknown = document;
  for (const name of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[name];
  return (value as OutboxPart | undefined)?.rows ?? [];
}

function findingOf(where: string, { id, time, envelope, awaits, publishedAt }: OutboxRow): Finding {
  const sent = publishedAt === undefined ? 'not taken by the broker' : 'taken by the broker';
  return {
    ...{ kind: 'message-unaccepted', subject: envelope?.type ?? 'a message of the legacy feed', where },
    expected: `a receipt of ${awaits.join(', ') || 'the broker'}`,
    found: `message ${id} of ${time.toISOString()}, ${sent}, without a receipt`,
    remedy:
      'see that the apps it waits for run, and look at their queues and parking lots; it is sent again until then',
    canRepair: false,
  };
}
