import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { isDuplicateKey } from '#persistence';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import type { Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import type { ResourceShape } from '../domain/field-query.js';
import { decodeMetadataKeys, encodeSentKeys } from '../domain/metadata-keys.js';
import { withSiValues } from '../domain/units.js';
import { MetadataKeys } from '../metadata-keys/metadata-keys.service.js';
import type { Precondition } from '../records/preconditions.js';
import { RecordStore, type StoredRecord } from '../records/record-store.js';
import { withId } from '../records/with-id.js';
import type { CreateInstrumentDto, PartialUpdateInstrumentDto } from './instrument.dto.js';

/** A document of SciCat's collection `Instrument`. */
export interface InstrumentRecord extends StoredRecord {
  pid: string;
  uniqueName: string;
  name: string;
  customMetadata: Record<string, unknown>;
}

export const instrumentShape: ResourceShape = {
  id: 'pid',
  kinds: {
    pid: 'string',
    uniqueName: 'string',
    name: 'string',
    customMetadata: 'object',
    createdBy: 'string',
    updatedBy: 'string',
    createdAt: 'date',
    updatedAt: 'date',
  },
};

@Injectable()
export class InstrumentService {
  constructor(
    private readonly store: RecordStore,
    private readonly keys: MetadataKeys,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {}

  /** @throws Refusal 409 when the unique name (or the pid) is taken */
  async create(caller: Caller, { pid, customMetadata, ...fields }: CreateInstrumentDto) {
    const id = pid ?? `${this.config.instrumentPidPrefix}${randomUUID()}`;
    try {
      const instrument = await this.store.insert<InstrumentRecord>(
        'Instrument',
        {
          ...fields,
          _id: id,
          pid: id,
          customMetadata: storedMetadata(customMetadata ?? {}),
        },
        caller.username,
      );
      await this.keys.sync('instrument', instrument);
      return instrument;
    } catch (error) {
      if (isDuplicateKey(error))
        throw new Refusal(409, 'Instrument with the same unique name already exists');
      throw error;
    }
  }

  /** @throws Refusal 404, 412 when the precondition fails */
  async change(
    caller: Caller,
    id: string,
    { name, customMetadata }: PartialUpdateInstrumentDto,
    precondition: Precondition,
  ): Promise<InstrumentRecord> {
    const set = {
      ...(name == null ? {} : { name }),
      ...(customMetadata == null ? {} : { customMetadata: storedMetadata(customMetadata) }),
    };
    const changed = await this.store.change<InstrumentRecord>('Instrument', {
      id,
      by: caller.username,
      precondition,
      update: () => ({ set }),
    });
    if (changed === undefined) throw new Refusal(404, 'Instrument not found');
    await this.keys.sync('instrument', changed);
    return changed;
  }

  /** @throws Refusal 404 */
  async remove(caller: Caller, id: string): Promise<InstrumentRecord> {
    const removed = await this.store.remove<InstrumentRecord>('Instrument', id, caller.username);
    if (removed === undefined)
      throw new Refusal(404, `Instrument not found with filter: ${JSON.stringify({ pid: id })}`);
    await this.keys.remove('instrument', id);
    return removed;
  }
}

/** An instrument as clients know it. */
export function instrumentAnswer(instrument: InstrumentRecord): InstrumentRecord {
  return withId(
    instrument.customMetadata == null
      ? instrument
      : { ...instrument, customMetadata: decodeMetadataKeys(instrument.customMetadata) },
  );
}

function storedMetadata(customMetadata: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return encodeSentKeys(withSiValues(customMetadata), 'customMetadata');
}
