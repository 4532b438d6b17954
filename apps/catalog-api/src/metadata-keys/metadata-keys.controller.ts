import { Controller, Get, Query } from '@nestjs/common';
import { OutputMetadataKeyDto } from '../answers/records.js';
import { accessTable } from '../domain/access-table.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { parseV4Filter } from '../domain/v4-filter.js';
import { Admits } from '../http/admits.decorator.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { filterFrom } from '../http/query-values.js';
import { KeysOwed } from './keys-owed.js';
import { RecordQueries } from '../records/record-queries.js';
import type { StoredRecord } from '../records/record-store.js';

const properties: ReadonlySet<string> = new Set(
  `_id id key humanReadableName userGroups sourceType sourceId usageCount isPublished createdBy updatedBy createdAt
  updatedAt`.split(/\s+/),
);

@Admits(accessTable.metadataKey.read)
@Area('metadata keys v4')
@Controller({ path: 'metadatakeys', version: '4' })
export class MetadataKeysController {
  constructor(
    private readonly queries: RecordQueries,
    private readonly owed: KeysOwed,
    private readonly rules: AccessRules,
  ) {}

  @Get()
  @Operation('metadataKeysV4ControllerFindAllV4', { answer: [OutputMetadataKeyDto] })
  async list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<StoredRecord[]> {
    const query = parseV4Filter(filterFrom(filter, undefined), properties, { defaultLimit: 100 });
    const visible = this.rules.condition(accessTable.metadataKey.read, caller);
    await this.owed.settled();
    const keys = await this.queries.list('MetadataKeys', { where: query.where, visible }, query);
    // Each row stands for one record that uses the key; the newer SDK wants the number.
    return query.projection === undefined ? keys.map((key) => ({ ...key, usageCount: 1 })) : keys;
  }
}
