import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { OrigDatablock } from '../answers/blocks.js';
import { CountApiResponse } from '../answers/common.js';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { Admits } from '../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { origDatablocks } from './block-kind.js';
import { BlockQueries } from './block-queries.js';
import { CreateDatasetOrigDatablockDto, UpdateOrigDatablockDto } from './block.dto.js';
import { BlockService } from './block.service.js';
import { blockFaults, withId, type Fault } from './block-answers.js';

const listLimit = 100;

/** File lists of one dataset as it was ingested. */
@Area('datasets')
@Controller({ path: 'datasets/:pid/origdatablocks', version: '3' })
export class DatasetOrigDatablocksController {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly queries: BlockQueries,
    private readonly blocks: BlockService,
    private readonly rules: AccessRules,
  ) {}

  @Admits(accessTable.dataset.add)
  @Operation('datasetsControllerCreateOrigDatablockV3', { answer: OrigDatablock })
  @Post()
  async create(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() dto: CreateDatasetOrigDatablockDto,
  ): Promise<object> {
    const dataset = await this.datasets.find(pid, `dataset: ${pid} not found`);
    const block = await this.blocks.addOrigDatablock(caller, dataset, dto);
    return withId(block);
  }

  @Admits(accessTable.dataset.add)
  @Operation('datasetsControllerOrigDatablockIsValidV3', { body: CreateDatasetOrigDatablockDto })
  @Post('isValid')
  @HttpCode(200)
  async isValid(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() body: unknown,
  ): Promise<{ valid: boolean; errors: Fault[] }> {
    const dataset = await this.datasets.find(pid, `dataset: ${pid} not found`);
    if (!this.rules.allows(accessTable.dataset.add, caller, dataset))
      throw new Refusal(403, 'Unauthorized access');
    const errors = blockFaults(CreateDatasetOrigDatablockDto, body, dataset.sourceFolder);
    return { valid: errors.length === 0, errors };
  }

  @Admits(accessTable.dataset.readUnshared)
  @Operation('datasetsControllerFindAllOrigDatablocksV3', { answer: [OrigDatablock] })
  @Get()
  async list(@CurrentCaller() caller: Caller | undefined, @Param('pid') pid: string): Promise<object[]> {
    await this.admitReader(caller, pid);
    const query = { where: { datasetId: pid }, limit: listLimit, skip: 0 };
    return (await this.queries.list(origDatablocks, caller, query, accessTable.dataset.readUnshared)).map(
      withId,
    );
  }

  @Admits(accessTable.dataset.readUnshared)
  @Operation('datasetsControllerCountOrigDatablocksV3', { answer: CountApiResponse })
  @Get('count')
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ count: number }> {
    await this.admitReader(caller, pid);
    const rule = accessTable.dataset.readUnshared;
    return { count: await this.queries.count(origDatablocks, caller, { datasetId: pid }, rule) };
  }

  @Admits(accessTable.dataset.update)
  @Operation('datasetsControllerFindOneOrigDatablockAndUpdateV3', { answer: OrigDatablock })
  @Patch(':oid')
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Param('oid') id: string,
    @Body() dto: UpdateOrigDatablockDto,
  ): Promise<object> {
    const dataset = await this.datasets.find(pid, `dataset: ${pid} not found`);
    if (!this.rules.allows(accessTable.dataset.update, caller, dataset))
      throw new Refusal(403, 'Unauthorized access');
    // SciCat says the same of a block that is not there as of one that is not the caller's.
    if ((await this.queries.count(origDatablocks, caller, { _id: id, datasetId: pid })) === 0)
      throw new Refusal(403, 'Unauthorized access');
    const changed = await this.blocks.change(origDatablocks, caller, id, dto, {});
    return withId(changed ?? missing(id));
  }

  @Admits(accessTable.origDatablock.delete)
  @Operation('datasetsControllerDeleteAllOrigDatablocksFromDatasetIdV3', { answer: CountApiResponse })
  @Delete()
  async removeAll(@SignedInCaller() caller: Caller, @Param('pid') pid: string): Promise<{ count: number }> {
    await this.datasets.find(pid, `dataset: ${pid} not found`);
    return { count: await this.blocks.removeAll(origDatablocks, caller, pid) };
  }

  @Admits(accessTable.origDatablock.delete)
  @Operation('datasetsControllerFindOneOrigDatablockAndRemoveV3')
  @Delete(':oid')
  async remove(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Param('oid') id: string,
  ): Promise<object> {
    await this.datasets.find(pid, `dataset: ${pid} not found`);
    return withId((await this.blocks.remove(origDatablocks, caller, id, pid)) ?? missing(id));
  }

  private async admitReader(caller: Caller | undefined, pid: string): Promise<void> {
    const rule = accessTable.dataset.readUnshared;
    await this.datasets.read(caller, pid, { rule, missing: `dataset: ${pid} not found` });
  }
}

function missing(id: string): never {
  throw new Refusal(404, `origDatablock: ${id} not found`);
}
