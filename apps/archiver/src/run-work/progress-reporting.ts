import { Injectable } from '@nestjs/common';
import { workProgressedV1, type Phase } from '#contracts';
import { Clock } from '#kernel';
import { MessageTransport, Naming, wireMessageOf } from '#messaging';
import { eventRow } from '#outbox';
import type { WorkOrder } from '../persistence/records.js';
import { isName } from '../persistence/stored-copies.js';

/** Sends progress: unconfirmed, because the next one replaces it. */
@Injectable()
export class ProgressReporting {
  constructor(
    private readonly transport: MessageTransport,
    private readonly naming: Naming,
    private readonly clock: Clock,
  ) {}

  /**
   * @param reason what it waits for, and the same as a code
   * @param readAt the target that it reads at: told where it has a name of ROUTES_FILE
   */
  send(
    { _id: workOrderId, jobId, context, asked }: Pick<WorkOrder, '_id' | 'jobId' | 'context' | 'asked'>,
    phase: Phase,
    bytesDone: number,
    bytesTotal: number,
    reason?: string,
    code?: string,
    readAt?: string,
  ): void {
    // No job has it: its record tells how far it is.
    if (asked !== undefined) return;
    const why = reason === undefined ? {} : { reason: reason.slice(0, 2000) };
    const asCode = code === undefined ? {} : { code };
    const where = readAt === undefined || !isName(readAt) ? {} : { readAt };
    const data = { workOrderId, jobId, bytesDone, bytesTotal, phase, ...why, ...asCode, ...where };
    // Signs of life are given from outside: they belong to the request that led to the work all the same.
    const { envelope } = eventRow(workProgressedV1, data, this.clock.now(), context);
    this.transport.send(wireMessageOf(this.naming, envelope!));
  }
}
