import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { v4Fields } from '../domain/v4-filter.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { listFrom } from '../http/query-values.js';
import { validateBody } from '../http/validate-body.js';
import type { FacetAnswer } from '../persistence/facets.js';
import { RequestPrecondition } from '../records/precondition.decorator.js';
import type { Precondition } from '../records/preconditions.js';
import { blockShape, origDatablocks } from './block-kind.js';
import { BlockQueries } from './block-queries.js';
import { CreateOrigDatablockDto, PartialUpdateOrigDatablockDto } from './block.dto.js';
import { BlockService } from './block.service.js';
import { blockFaults, withId, type Fault } from './block-views.js';
import { OrigDatablockV4Reads } from './origdatablock-v4-reads.js';

const rules = { block: accessTable.origDatablock.read, dataset: accessTable.dataset.readUnshared };

@Area('origdatablocks v4')
@Controller({ path: 'origdatablocks', version: '4' })
export class OrigDatablocksV4Controller {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly queries: BlockQueries,
    private readonly reads: OrigDatablockV4Reads,
    private readonly blocks: BlockService,
    private readonly rules: AccessRules,
  ) {}

  @Operation('origDatablocksV4ControllerCreateV4', {
    body: CreateOrigDatablockDto,
    answer: 'OutputOrigDatablockDto',
  })
  @Post()
  async create(@CurrentCaller() caller: Caller | undefined, @Body() body: unknown): Promise<object> {
    gate(this.rules.admits(accessTable.dataset.add, caller));
    const dto = validateBody(CreateOrigDatablockDto, body);
    const missing = `Dataset: ${dto.datasetId} not found for attaching an origdatablock`;
    const dataset = await this.datasets.find(dto.datasetId, missing);
    if (!this.rules.allows(accessTable.dataset.update, caller, dataset))
      throw new Refusal(403, 'Unauthorized access');
    const block = await this.blocks.addOrigDatablock(signedIn(caller), dataset, dto);
    return withId(block);
  }

  @Operation('origDatablocksV4ControllerIsValidV4', {
    body: CreateOrigDatablockDto,
    answer: 'IsValidResponse',
  })
  @Post('isValid')
  @HttpCode(200)
  async isValid(
    @CurrentCaller() caller: Caller | undefined,
    @Body() body: unknown,
  ): Promise<{ valid: boolean; reason: Fault[] }> {
    gate(this.rules.admits(accessTable.dataset.add, caller));
    const { sourceFolder } = await this.blocks.admitCheck(caller, body, accessTable.dataset.update);
    const reason = blockFaults(CreateOrigDatablockDto, body, sourceFolder);
    return { valid: reason.length === 0, reason };
  }

  @Operation('origDatablocksV4ControllerFindAllV4', { answer: ['PartialOutputOrigDatablockDto'] })
  @Get()
  list(@CurrentCaller() caller: Caller | undefined, @Query('filter') filter: unknown): Promise<object[]> {
    gate(caller !== undefined);
    return this.reads.list({ caller, ...rules }, filter);
  }

  @Operation('origDatablocksV4ControllerFindAllFilesV4', { answer: ['PartialOutputOrigDatablockDto'] })
  @Get('files')
  files(@CurrentCaller() caller: Caller | undefined, @Query('filter') filter: unknown): Promise<object[]> {
    gate(caller !== undefined);
    return this.reads.files({ caller, ...rules }, filter);
  }

  @Operation('origDatablocksV4ControllerCountFilesV4', { answer: 'CountApiResponse' })
  @Get('files/count')
  countFiles(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<{ count: number }> {
    gate(caller !== undefined);
    return this.reads.countFiles({ caller, ...rules }, filter);
  }

  @Operation('origDatablocksV4ControllerFullfacetV4', {
    answer: ['FullFacetResponse'],
    objects: { filters: 'FullFacetFilters' },
  })
  @Get('fullfacet')
  fullFacet(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('facets') facets: unknown,
  ): Promise<FacetAnswer> {
    gate(caller !== undefined);
    return this.queries.facets(caller, v4Fields(fields, blockShape), facets);
  }

  @Operation('origDatablocksV4ControllerFullfacetFilesV4', { objects: { filters: 'FullFacetFilters' } })
  @Get('fullfacet/files')
  fileFacets(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
  ): Promise<FacetAnswer> {
    gate(caller !== undefined);
    return this.queries.fileFacets(caller, v4Fields(fields, blockShape));
  }

  @Operation('origDatablocksV4ControllerFindByIdV4', { answer: 'OutputOrigDatablockDto' })
  @Get(':id')
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
    @Query('include') include: unknown,
  ): Promise<object> {
    gate(caller !== undefined);
    const block = await this.reads.one({ caller, ...rules }, id, listFrom(include));
    if (block === undefined) {
      await this.queries.find(origDatablocks, { _id: id });
      throw new Refusal(403, 'Unauthorized access');
    }
    await this.datasets.read(caller, String(block['datasetId']), {
      rule: rules.dataset,
      missing: `OrigDatablock: ${id} not found`,
    });
    return block;
  }

  @Operation('origDatablocksV4ControllerFindByIdAndUpdateV4', {
    body: PartialUpdateOrigDatablockDto,
    answer: 'OutputOrigDatablockDto',
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
    if (changed === undefined) throw new Refusal(404, `OrigDatablock: ${id} not found`);
    return withId(changed);
  }

  @Operation('origDatablocksV4ControllerFindByIdAndDeleteV4', { answer: 'OrigDatablock' })
  @Delete(':id')
  async remove(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<object> {
    gate(this.rules.mayDelete(caller));
    const removed = await this.blocks.remove(origDatablocks, signedIn(caller), id);
    if (removed === undefined) throw new Refusal(404, `OrigDatablock: ${id} not found`);
    return withId(removed);
  }
}
