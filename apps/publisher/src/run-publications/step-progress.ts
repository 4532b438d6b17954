import { Injectable } from '@nestjs/common';
import { registrationProgressedV1 } from '#contracts';
import { Clock } from '#kernel';
import { MessageTransport, Naming, wireMessageOf } from '#messaging';
import { eventRow } from '#outbox';
import { wordOf, type Step } from '../domain/next-step.js';
import type { Publication } from '../persistence/records.js';

/** Sends how far a publication is: unconfirmed, because the next message replaces it. */
@Injectable()
export class StepProgress {
  constructor(
    private readonly transport: MessageTransport,
    private readonly naming: Naming,
    private readonly clock: Clock,
  ) {}

  send({ _id: doi, version }: Publication, step: Step, attempts: number, message: string): void {
    const { envelope } = eventRow(
      registrationProgressedV1,
      { doi, version, step: wordOf(step), attempts, message: message.slice(0, 2000) },
      this.clock.now(),
    );
    this.transport.send(wireMessageOf(this.naming, envelope!));
  }
}
