import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { parseFilter } from '../domain/filter-parts.js';
import { projectionFrom } from '../domain/loopback-filter.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
import type { LongList } from '../http/long-list.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import type { FacetAnswer } from '../persistence/facets.js';
import { RequestPrecondition } from '../records/precondition.decorator.js';
import type { Precondition } from '../records/preconditions.js';
import { origDatablocks } from './block-kind.js';
import { BlockQueries } from './block-queries.js';
import { CreateOrigDatablockDto, PartialUpdateOrigDatablockDto } from './block.dto.js';
import { BlockService } from './block.service.js';
import { blockFaults, withId, withIds, type Fault } from './block-views.js';

@Area('origdatablocks')
@Controller({ path: 'origdatablocks', version: '3' })
export class OrigDatablocksV3Controller {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly queries: BlockQueries,
    private readonly blocks: BlockService,
    private readonly rules: AccessRules,
  ) {}

  @Operation('origDatablocksControllerCreateV3', { body: CreateOrigDatablockDto, answer: 'OrigDatablock' })
  @Post()
  async create(@CurrentCaller() caller: Caller | undefined, @Body() body: unknown): Promise<object> {
    gate(this.rules.admits(accessTable.dataset.add, caller));
    const dto = validateBody(CreateOrigDatablockDto, body);
    const missing = `Dataset: ${dto.datasetId} not found for attaching an origdatablock`;
    const dataset = await this.datasets.find(dto.datasetId, missing);
    const block = await this.blocks.addOrigDatablock(signedIn(caller), dataset, dto);
    return withId(block);
  }

  @Operation('origDatablocksControllerIsValidV3', { body: CreateOrigDatablockDto })
  @Post('isValid')
  @HttpCode(200)
  async isValid(
    @CurrentCaller() caller: Caller | undefined,
    @Body() body: unknown,
  ): Promise<{ valid: boolean; errors: Fault[] }> {
    gate(this.rules.admits(accessTable.dataset.add, caller));
    const { sourceFolder } = await this.blocks.admitCheck(caller, body);
    const errors = blockFaults(CreateOrigDatablockDto, body, sourceFolder);
    return { valid: errors.length === 0, errors };
  }

  /** `where` is read like the `fields` of fullquery. */
  @Operation('origDatablocksControllerFindAllV3', { answer: ['OrigDatablock'] })
  @Get()
  async list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<object[] | LongList<object>> {
    gate(caller !== undefined);
    const { where = {}, limits = {}, fields } = parseFilter(filter);
    const asked = { fields: JSON.stringify(where), limits: JSON.stringify(limits) };
    return withIds(await this.queries.fullQuery(caller, asked, projectionFrom(fields)));
  }

  @Operation('origDatablocksControllerFullqueryV3', { answer: ['OrigDatablock'] })
  @Get('fullquery')
  async fullQuery(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<object[] | LongList<object>> {
    gate(caller !== undefined);
    return withIds(await this.queries.fullQuery(caller, { fields, limits }));
  }

  @Operation('origDatablocksControllerFullqueryFilesV3')
  @Get('fullquery/files')
  files(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<object[]> {
    gate(caller !== undefined);
    return this.queries.searchFiles(caller, fields, limits);
  }

  @Operation('origDatablocksControllerFullfacetV3', {
    answer: ['FullFacetResponse'],
    objects: { filters: 'FullFacetFilters' },
  })
  @Get('fullfacet')
  fullFacet(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
  ): Promise<FacetAnswer> {
    gate(caller !== undefined);
    return this.queries.facets(caller, fields, undefined);
  }

  @Operation('origDatablocksControllerFullfacetFilesV3', { objects: { filters: 'FullFacetFilters' } })
  @Get('fullfacet/files')
  fileFacets(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
  ): Promise<FacetAnswer> {
    gate(caller !== undefined);
    return this.queries.fileFacets(caller, fields);
  }

  /** A block that does not exist is refused like one that is not the caller's. */
  @Operation('origDatablocksControllerFindByIdV3', { answer: 'OrigDatablock' })
  @Get(':id')
  async get(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<object> {
    gate(caller !== undefined);
    const block = await this.queries.one(origDatablocks, caller, { _id: id });
    if (block === undefined) throw new Refusal(403, 'Unauthorized access');
    const rule = accessTable.dataset.readUnshared;
    await this.datasets.read(caller, block.datasetId, {
      rule,
      missing: `dataset: ${block.datasetId} not found`,
    });
    return withId(block);
  }

  @Operation('origDatablocksControllerUpdateV3', {
    body: PartialUpdateOrigDatablockDto,
    answer: 'OrigDatablock',
  })
  @Patch(':id')
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Body() body: unknown,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<object> {
    gate(this.rules.mayCallDatasetWrites(caller));
    const dto = validateBody(PartialUpdateOrigDatablockDto, body);
    const changed = await this.blocks.change(origDatablocks, signedIn(caller), id, dto, precondition);
    if (changed === undefined) throw new Refusal(403, 'Unauthorized access');
    return withId(changed);
  }

  @Operation('origDatablocksControllerRemoveV3')
  @Delete(':id')
  async remove(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<object> {
    gate(this.rules.mayDelete(caller));
    const removed = await this.blocks.remove(origDatablocks, signedIn(caller), id);
    if (removed === undefined) throw new Refusal(404, `OrigDatablock: ${id} not found`);
    return withId(removed);
  }
}
