import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { Datablock } from '../answers/blocks.js';
import { CountApiResponse } from '../answers/common.js';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { Admits } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { datablocks } from './block-kind.js';
import { BlockQueries } from './block-queries.js';
import { CreateDatasetDatablockDto, PartialUpdateDatablockDto } from './block.dto.js';
import { BlockService } from './block.service.js';
import { withId } from './block-answers.js';

const listLimit = 100;

/** File lists of one dataset as it was archived. */
@Area('datasets')
@Controller({ path: 'datasets/:pid/datablocks', version: '3' })
export class DatasetDatablocksController {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly queries: BlockQueries,
    private readonly blocks: BlockService,
    private readonly rules: AccessRules,
  ) {}

  @Admits(accessTable.dataset.add)
  @Operation('datasetsControllerCreateDatablockV3', { answer: Datablock })
  @Post()
  async create(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() dto: CreateDatasetDatablockDto,
  ): Promise<object> {
    const dataset = await this.datasets.find(pid, `dataset: ${pid} not found`);
    const block = await this.blocks.addDatablock(caller, dataset, dto);
    return withId(block);
  }

  @Admits(accessTable.dataset.readUnshared)
  @Operation('datasetsControllerFindAllDatablocksV3', { answer: [Datablock] })
  @Get()
  async list(@CurrentCaller() caller: Caller | undefined, @Param('pid') pid: string): Promise<object[]> {
    await this.admitReader(caller, pid);
    const query = { where: { datasetId: pid }, limit: listLimit, skip: 0 };
    return (await this.queries.list(datablocks, caller, query, accessTable.dataset.readUnshared)).map(withId);
  }

  @Admits(accessTable.dataset.readUnshared)
  @Operation('datasetsControllerCountDatablocksV3', { answer: CountApiResponse })
  @Get('count')
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ count: number }> {
    await this.admitReader(caller, pid);
    const rule = accessTable.dataset.readUnshared;
    return { count: await this.queries.count(datablocks, caller, { datasetId: pid }, rule) };
  }

  @Admits(accessTable.dataset.update)
  @Operation('datasetsControllerFindOneDatablockAndUpdateV3', { answer: Datablock })
  @Patch(':did')
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Param('did') id: string,
    @Body() dto: PartialUpdateDatablockDto,
  ): Promise<object> {
    const dataset = await this.datasets.find(pid, `dataset: ${pid} not found`);
    if (!this.rules.allows(accessTable.dataset.update, caller, dataset))
      throw new Refusal(403, 'Unauthorized access');
    await this.queries.find(datablocks, { _id: id, datasetId: pid });
    return withId((await this.blocks.change(datablocks, caller, id, dto, {})) ?? missing(id));
  }

  @Admits(accessTable.datablock.delete)
  @Operation('datasetsControllerDeleteAllDatablocksFromDatasetIdV3', { answer: CountApiResponse })
  @Delete()
  async removeAll(@SignedInCaller() caller: Caller, @Param('pid') pid: string): Promise<{ count: number }> {
    await this.datasets.find(pid, `dataset: ${pid} not found`);
    return { count: await this.blocks.removeAll(datablocks, caller, pid) };
  }

  @Admits(accessTable.datablock.delete)
  @Operation('datasetsControllerFindOneDatablockAndRemoveV3')
  @Delete(':did')
  async remove(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Param('did') id: string,
  ): Promise<void> {
    await this.datasets.find(pid, `dataset: ${pid} not found`);
    if ((await this.blocks.remove(datablocks, caller, id, pid)) === undefined) missing(id);
  }

  private async admitReader(caller: Caller | undefined, pid: string): Promise<void> {
    const rule = accessTable.dataset.readUnshared;
    await this.datasets.read(caller, pid, { rule, missing: `dataset: ${pid} not found` });
  }
}

function missing(id: string): never {
  throw new Refusal(404, `datablock: ${id} not found`);
}
