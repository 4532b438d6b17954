import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  OrigDatablock,
  OutputOrigDatablockDto,
  PartialOutputOrigDatablockDto,
  PartialOutputOrigDatablockFileDto,
} from '../answers/blocks.js';
import { CountApiResponse, FullFacetFilters, FullFacetResponse, IsValidResponse } from '../answers/common.js';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { v4Fields } from '../domain/v4-filter.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { listFrom } from '../http/query-values.js';
import type { FacetAnswer } from '../persistence/facets.js';
import { RequestPrecondition } from '../records/precondition.decorator.js';
import type { Precondition } from '../records/preconditions.js';
import { blockShape, origDatablocks } from './block-kind.js';
import { BlockQueries } from './block-queries.js';
import { CreateOrigDatablockDto, PartialUpdateOrigDatablockDto } from './block.dto.js';
import { BlockService } from './block.service.js';
import { blockFaults, withId, type Fault } from './block-answers.js';
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

  @Admits(accessTable.dataset.add)
  @Operation('origDatablocksV4ControllerCreateV4', { answer: OutputOrigDatablockDto })
  @Post()
  async create(@SignedInCaller() caller: Caller, @Body() dto: CreateOrigDatablockDto): Promise<object> {
    const missing = `Dataset: ${dto.datasetId} not found for attaching an origdatablock`;
    const dataset = await this.datasets.find(dto.datasetId, missing);
    if (!this.rules.allows(accessTable.dataset.update, caller, dataset))
      throw new Refusal(403, 'Unauthorized access');
    const block = await this.blocks.addOrigDatablock(caller, dataset, dto);
    return withId(block);
  }

  @Admits(accessTable.dataset.add)
  @Operation('origDatablocksV4ControllerIsValidV4', {
    body: CreateOrigDatablockDto,
    answer: IsValidResponse,
  })
  @Post('isValid')
  @HttpCode(200)
  async isValid(
    @SignedInCaller() caller: Caller,
    @Body() body: unknown,
  ): Promise<{ valid: boolean; reason: Fault[] }> {
    const { sourceFolder } = await this.blocks.admitCheck(caller, body, accessTable.dataset.update);
    const reason = blockFaults(CreateOrigDatablockDto, body, sourceFolder);
    return { valid: reason.length === 0, reason };
  }

  @SignedIn()
  @Operation('origDatablocksV4ControllerFindAllV4', { answer: [PartialOutputOrigDatablockDto] })
  @Get()
  list(@SignedInCaller() caller: Caller, @Query('filter') filter: unknown): Promise<object[]> {
    return this.reads.list({ caller, ...rules }, filter);
  }

  @SignedIn()
  @Operation('origDatablocksV4ControllerFindAllFilesV4', { answer: [PartialOutputOrigDatablockFileDto] })
  @Get('files')
  files(@SignedInCaller() caller: Caller, @Query('filter') filter: unknown): Promise<object[]> {
    return this.reads.files({ caller, ...rules }, filter);
  }

  @SignedIn()
  @Operation('origDatablocksV4ControllerCountFilesV4', { answer: CountApiResponse })
  @Get('files/count')
  countFiles(@SignedInCaller() caller: Caller, @Query('filter') filter: unknown): Promise<{ count: number }> {
    return this.reads.countFiles({ caller, ...rules }, filter);
  }

  @SignedIn()
  @Operation('origDatablocksV4ControllerFullfacetV4', {
    answer: [FullFacetResponse],
    objects: { filters: FullFacetFilters },
  })
  @Get('fullfacet')
  fullFacet(
    @SignedInCaller() caller: Caller,
    @Query('fields') fields: unknown,
    @Query('facets') facets: unknown,
  ): Promise<FacetAnswer> {
    return this.queries.facets(caller, v4Fields(fields, blockShape), facets);
  }

  @SignedIn()
  @Operation('origDatablocksV4ControllerFullfacetFilesV4', { objects: { filters: FullFacetFilters } })
  @Get('fullfacet/files')
  fileFacets(@SignedInCaller() caller: Caller, @Query('fields') fields: unknown): Promise<FacetAnswer> {
    return this.queries.fileFacets(caller, v4Fields(fields, blockShape));
  }

  @SignedIn()
  @Operation('origDatablocksV4ControllerFindByIdV4', { answer: OutputOrigDatablockDto })
  @Get(':id')
  async get(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Query('include') include: unknown,
  ): Promise<object> {
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

  @Admits(accessTable.dataset.update)
  @Operation('origDatablocksV4ControllerFindByIdAndUpdateV4', { answer: OutputOrigDatablockDto })
  @Patch(':id')
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Body() dto: PartialUpdateOrigDatablockDto,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<object> {
    const changed = await this.blocks.change(origDatablocks, caller, id, dto, precondition);
    if (changed === undefined) throw new Refusal(404, `OrigDatablock: ${id} not found`);
    return withId(changed);
  }

  @Admits(accessTable.origDatablock.delete)
  @Operation('origDatablocksV4ControllerFindByIdAndDeleteV4', { answer: OrigDatablock })
  @Delete(':id')
  async remove(@SignedInCaller() caller: Caller, @Param('id') id: string): Promise<object> {
    const removed = await this.blocks.remove(origDatablocks, caller, id);
    if (removed === undefined) throw new Refusal(404, `OrigDatablock: ${id} not found`);
    return withId(removed);
  }
}
