import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { isDuplicateKey } from '#persistence';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { Catalogue } from '../persistence/catalogue.js';
import { withoutOwnFields } from '../persistence/own-fields.js';
import type { DatasetRecord, IdempotencyMark } from '../persistence/records.js';
import { DatasetService } from './dataset.service.js';

type Fields = Record<string, unknown>;

export interface NewDataset {
  readonly fields: Fields;
  readonly version: '3' | '4';
  readonly idempotencyKey?: string | undefined;
}

/**
 * Datasets that are posted under an `Idempotency-Key`. The key is stored in the dataset, by the write that makes it, so there
 * is no moment in which one of the two is there without the other: a unique index decides between posts at once.
 */
@Injectable()
export class DatasetCreations {
  constructor(
    private readonly datasets: DatasetService,
    private readonly catalogue: Catalogue,
    private readonly rules: AccessRules,
    private readonly clock: Clock,
  ) {}

  /** @throws Refusal 422 where the key stands for another dataset, 503 where the one it stood for went at this moment */
  async create(caller: Caller, { fields, version, idempotencyKey }: NewDataset): Promise<DatasetRecord> {
    if (idempotencyKey === undefined) return this.datasets.create(caller, fields, version);
    this.datasets.admitCreation(caller, fields, version);
    const mark: IdempotencyMark = {
      user: caller.username,
      key: idempotencyKey,
      digest: digestOf(version, fields),
      at: this.clock.now(),
    };
    const before = await this.repeated(caller, mark);
    if (before !== undefined) return before;
    try {
      return await this.datasets.create(caller, fields, version, { catena: { idempotency: mark } });
    } catch (error) {
      // Posted twice at once, the other one may be stored by now: to be refused for it (its pid is taken) is no refusal.
      const other = await this.repeated(caller, mark);
      if (other !== undefined) return other;
      throw isDuplicateKey(error) ? goneMeanwhile(idempotencyKey) : error;
    }
  }

  /** The dataset that the same account posted before under the same key, as it is now. */
  private async repeated(
    caller: Caller,
    { user, key, digest }: IdempotencyMark,
  ): Promise<DatasetRecord | undefined> {
    const mine = { 'catena.idempotency.user': user, 'catena.idempotency.key': key };
    const marked = await this.catalogue.datasets.findOne(mine, { projection: { catena: 1 } });
    if (marked === null) return undefined;
    if (marked.catena?.idempotency?.digest !== digest)
      throw new Refusal(
        422,
        `Idempotency-Key ${key} was used for another dataset (${marked._id}). Use a new key for a new dataset.`,
      );
    const dataset = await this.catalogue.datasets.findOne(
      { _id: marked._id },
      { projection: withoutOwnFields() },
    );
    if (dataset === null) return undefined;
    // Others may have taken it over since.
    if (!this.rules.allows(accessTable.dataset.read, caller, dataset))
      throw new Refusal(403, 'Unauthorized access');
    return dataset;
  }
}

function goneMeanwhile(key: string): Refusal {
  return new Refusal(
    503,
    `The dataset with the Idempotency-Key ${key} is being stored, or removed, at this moment. Nothing was stored. Post again.`,
    undefined,
    1,
  );
}

function digestOf(version: string, fields: Fields): string {
  return createHash('sha256')
    .update(JSON.stringify([version, fields]))
    .digest('base64');
}
