import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { isDuplicateKey } from '#persistence';
import { AttachmentService } from '../attachments/attachment.service.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import { MetadataKeys } from '../metadata-keys/metadata-keys.service.js';
import type { Precondition } from '../records/preconditions.js';
import { RecordQueries } from '../records/record-queries.js';
import { RecordStore } from '../records/record-store.js';
import { storedSample, type SampleRecord } from './sample-record.js';
import type { CreateSampleDto, PartialUpdateSampleDto } from './sample.dto.js';

/** The use cases of samples. */
@Injectable()
export class SampleService {
  constructor(
    private readonly store: RecordStore,
    private readonly queries: RecordQueries,
    private readonly rules: AccessRules,
    private readonly attachments: AttachmentService,
    private readonly keys: MetadataKeys,
  ) {}

  /** @throws Refusal 403 for a group that is not the caller's, 409 when the id is taken */
  async create(caller: Caller, dto: CreateSampleDto): Promise<SampleRecord> {
    if (!this.rules.allows(accessTable.sample.create, caller, dto))
      throw new Refusal(403, 'Unauthorized to create this sample');
    const sampleId = dto.sampleId ?? randomUUID();
    try {
      const sample = await this.store.insert<SampleRecord>(
        'Sample',
        {
          accessGroups: [],
          isPublished: false,
          sampleCharacteristics: {},
          ...storedSample(dto),
          ownerGroup: dto.ownerGroup,
          sampleId,
          _id: sampleId,
        },
        caller.username,
      );
      await this.keys.sync('sample', sample);
      return sample;
    } catch (error) {
      if (isDuplicateKey(error)) throw new Refusal(409, `Sample with ${sampleId} already exists`);
      throw error;
    }
  }

  /** @throws Refusal 404, 403 */
  async read(caller: Caller | undefined, id: string): Promise<SampleRecord> {
    const sample = (await this.queries.find<SampleRecord>('Sample', id)) ?? missing(id);
    return this.rules.allows(accessTable.sample.read, caller, sample) ? sample : refuse();
  }

  /** Whether there is such a sample that the caller may read. */
  async isReadable(caller: Caller | undefined, id: string): Promise<boolean> {
    const sample = await this.queries.find<SampleRecord>('Sample', id);
    return sample !== undefined && this.rules.allows(accessTable.sample.read, caller, sample);
  }

  /** @throws Refusal 403, 404, 412 */
  async change(
    caller: Caller,
    id: string,
    dto: PartialUpdateSampleDto,
    precondition: Precondition,
  ): Promise<SampleRecord> {
    const set = storedSample(dto);
    const changed = await this.store.change<SampleRecord>('Sample', {
      id,
      by: caller.username,
      precondition,
      update: (stored) => (this.rules.allows(accessTable.sample.update, caller, stored) ? { set } : refuse()),
    });
    if (changed === undefined) return missing(id);
    await this.keys.sync('sample', changed);
    return changed;
  }

  /** With its attachments and metadata keys, so that nothing is orphaned. @throws Refusal 404 */
  async remove(caller: Caller, id: string): Promise<SampleRecord> {
    const removed = await this.store.remove<SampleRecord>('Sample', id, caller.username);
    if (removed === undefined) return missing(id);
    await this.attachments.removeAllFrom(caller.username, { type: 'sample', id });
    await this.keys.remove('sample', id);
    return removed;
  }
}

function missing(id: string): never {
  throw new Refusal(404, `Sample: ${id} not found`);
}

function refuse(): never {
  throw new Refusal(403, 'Unauthorized to this sample');
}
