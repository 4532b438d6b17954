import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Query } from '@nestjs/common';
import { Datablock } from '../answers/blocks.js';
import { CountApiResponse } from '../answers/common.js';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { parseRecordFilter } from '../domain/record-filter.js';
import { Admits, SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { filterFrom } from '../http/query-values.js';
import { RequestPrecondition } from '../records/precondition.decorator.js';
import type { Precondition } from '../records/preconditions.js';
import { blockShape, datablocks } from './block-kind.js';
import { BlockQueries } from './block-queries.js';
import { CreateDatablockDto, PartialUpdateDatablockDto } from './block.dto.js';
import { BlockService } from './block.service.js';
import { withId } from './block-answers.js';

/** Callers who see every datablock. */
const readAll = accessTable.datablock.read.filter(([, which]) => which === 'all');

@Area('datablocks')
@Controller({ path: 'datablocks', version: '3' })
export class DatablocksController {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly queries: BlockQueries,
    private readonly blocks: BlockService,
    private readonly rules: AccessRules,
  ) {}

  @SignedIn()
  @Operation('datablocksControllerCreateV3', { answer: Datablock })
  @Post()
  async create(@SignedInCaller() caller: Caller, @Body() dto: CreateDatablockDto): Promise<object> {
    const dataset = await this.datasets.find(dto.datasetId, `Dataset: ${dto.datasetId} not found`);
    const block = await this.blocks.addDatablock(caller, dataset, dto);
    return withId(block);
  }

  @SignedIn()
  @Operation('datablocksControllerFindAllV3', { answer: [Datablock] })
  @Get()
  async list(
    @SignedInCaller() caller: Caller,
    @Query('filter') filter: unknown,
    @Headers('filter') header: unknown,
  ): Promise<object[]> {
    const query = parseRecordFilter(filterFrom(filter, header), blockShape);
    return (await this.queries.list(datablocks, caller, query)).map(withId);
  }

  @SignedIn()
  @Operation('datablocksControllerCountV3', { answer: CountApiResponse })
  @Get('count')
  async count(
    @SignedInCaller() caller: Caller,
    @Query('filter') filter: unknown,
    @Query('where') where: unknown,
  ): Promise<{ count: number }> {
    const text = filter ?? (typeof where === 'string' && where !== '' ? `{"where":${where}}` : undefined);
    const query = parseRecordFilter(text, blockShape);
    return { count: await this.queries.count(datablocks, caller, query.where) };
  }

  @SignedIn()
  @Operation('datablocksControllerFindByIdV3', { answer: Datablock })
  @Get(':id')
  async get(@SignedInCaller() caller: Caller, @Param('id') id: string): Promise<object> {
    const block = await this.queries.one(datablocks, caller, { _id: id });
    if (block !== undefined) return withId(block);
    // A caller who may not see all of them is not told whether there is one.
    throw this.rules.admits(readAll, caller)
      ? new Refusal(404, 'Not Found', { message: 'Not Found', statusCode: 404 })
      : new Refusal(401, 'Unauthorized', { message: 'Unauthorized', statusCode: 401 });
  }

  @Admits(datablocks.update)
  @Operation('datablocksControllerUpdateV3', { answer: Datablock, mayBeEmpty: true })
  @Patch(':id')
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('id') id: string,
    @Body() dto: PartialUpdateDatablockDto,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<object | undefined> {
    const changed = await this.blocks.change(datablocks, caller, id, dto, precondition);
    return changed && withId(changed);
  }

  @Admits(accessTable.datablock.delete)
  @Operation('datablocksControllerRemoveV3', { answer: Datablock })
  @Delete(':id')
  async remove(@SignedInCaller() caller: Caller, @Param('id') id: string): Promise<object> {
    const removed = await this.blocks.remove(datablocks, caller, id);
    if (removed === undefined) throw new Refusal(404, `datablock: ${id} not found`);
    return withId(removed);
  }
}
