import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { OrigDatablock } from '../answers/blocks.js';
import { FullFacetFilters, FullFacetResponse } from '../answers/common.js';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import type { Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { parseFilter } from '../domain/filter-parts.js';
import { projectionFrom } from '../domain/loopback-filter.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import type { LongList } from '../http/long-list.js';
import { Area, Operation } from '../http/operation.decorator.js';
import type { FacetAnswer } from '../persistence/facets.js';
import { RequestPrecondition } from '../records/precondition.decorator.js';
import type { Precondition } from '../records/preconditions.js';
import { origDatablocks } from './block-kind.js';
import { BlockQueries } from './block-queries.js';
import { CreateOrigDatablockDto, PartialUpdateOrigDatablockDto } from './block.dto.js';
import { BlockService } from './block.service.js';
import { blockFaults, withId, withIds, type Fault } from './block-answers.js';

@Area('origdatablocks')
@Controller({ path: 'origdatablocks', version: '3' })
export class OrigDatablocksV3Controller {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly queries: BlockQueries,
    private readonly blocks: BlockService,
  ) {}

  @Admits(accessTable.dataset.add)
  @Operation('origDatablocksControllerCreateV3', { answer: OrigDatablock })
  @Post()
  async create(@SignedInCaller() caller: Caller, @Body() dto: CreateOrigDatablockDto): Promise<object> {
    const missing = `Dataset: ${dto.datasetId} not found for attaching an origdatablock`;
    const dataset = await this.datasets.find(dto.datasetId, missing);
    const block = await this.blocks.addOrigDatablock(caller, dataset, dto);
    return withId(block);
  }

  @Admits(accessTable.dataset.add)
  @Operation('origDatablocksControllerIsValidV3', { body: CreateOrigDatablockDto })
  @Post('isValid')
  @HttpCode(200)
  async isValid(
    @SignedInCaller() caller: Caller,
    @Body() body: unknown,
  ): Promise<{ valid: boolean; errors: Fault[] }> {
    const { sourceFolder } = await this.blocks.admitCheck(caller, body);
    const errors = blockFaults(CreateOrigDatablockDto, body, sourceFolder);
    return { valid: errors.length === 0, errors };
  }

  /** `where` is read like the `fields` of fullquery. */
  @SignedIn()
  @Operation('origDatablocksControllerFindAllV3', { answer: [OrigDatablock] })
  @Get()
  async list(
    @SignedInCaller() caller: Caller,
    @Query('filter') filter: unknown,
  ): Promise<object[] | LongList<object>> {
    const { where = {}, limits = {}, fields } = parseFilter(filter);
    const asked = { fields: JSON.stringify(where), limits: JSON.stringify(limits) };
    return withIds(await this.queries.fullQuery(caller, asked, projectionFrom(fields)));
  }

  @SignedIn()
  @Operation('origDatablocksControllerFullqueryV3', { answer: [OrigDatablock] })
  @Get('fullquery')
  async fullQuery(
    @SignedInCaller() caller: Caller,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<object[] | LongList<object>> {
    return withIds(await this.queries.fullQuery(caller, { fields, limits }));
  }

  @SignedIn()
  @Operation('origDatablocksControllerFullqueryFilesV3')
  @Get('fullquery/files')
  files(
    @SignedInCaller() caller: Caller,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<object[]> {
    return this.queries.searchFiles(caller, fields, limits);
  }

  @SignedIn()
  @Operation('origDatablocksControllerFullfacetV3', {
    answer: [FullFacetResponse],
    objects: { filters: FullFacetFilters },
  })
  @Get('fullfacet')
  fullFacet(@SignedInCaller() caller: Caller, @Query('fields') fields: unknown): Promise<FacetAnswer> {
    return this.queries.facets(caller, fields, undefined);
  }

  @SignedIn()
  @Operation('origDatablocksControllerFullfacetFilesV3', { objects: { filters: FullFacetFilters } })
  @Get('fullfacet/files')
  fileFacets(@SignedInCaller() caller: Caller, @Query('fields') fields: unknown): Promise<FacetAnswer> {
    return this.queries.fileFacets(caller, fields);
  }

  /** A block that does not exist is refused like one that is not the caller's. */
  @SignedIn()
  @Operation('origDatablocksControllerFindByIdV3', { answer: OrigDatablock })
  @Get(':id')
  async get(@SignedInCaller() caller: Caller, @Param('id') id: string): Promise<object> {
    const block = await this.queries.one(origDatablocks, caller, { _id: id });
    if (block === undefined) throw new Refusal(403, 'Unauthorized access');
    const rule = accessTable.dataset.readUnshared;
    await this.datasets.read(caller, block.datasetId, {
      rule,
      missing: `dataset: ${block.datasetId} not found`,
    });
    return withId(block);
  }

  @Admits(accessTable.dataset.update)
  @Operation('origDatablocksControllerUpdateV3', { answer: OrigDatablock })
  @Patch(':id')
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Body() dto: PartialUpdateOrigDatablockDto,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<object> {
    const changed = await this.blocks.change(origDatablocks, caller, id, dto, precondition);
    if (changed === undefined) throw new Refusal(403, 'Unauthorized access');
    return withId(changed);
  }

  @Admits(accessTable.origDatablock.delete)
  @Operation('origDatablocksControllerRemoveV3')
  @Delete(':id')
  async remove(@SignedInCaller() caller: Caller, @Param('id') id: string): Promise<object> {
    const removed = await this.blocks.remove(origDatablocks, caller, id);
    if (removed === undefined) throw new Refusal(404, `OrigDatablock: ${id} not found`);
    return withId(removed);
  }
}
