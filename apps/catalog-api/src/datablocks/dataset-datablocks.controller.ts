import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import { datablocks } from './block-kind.js';
import { BlockQueries } from './block-queries.js';
import { CreateDatasetDatablockDto, PartialUpdateDatablockDto } from './block.dto.js';
import { BlockService } from './block.service.js';
import { withId } from './block-views.js';

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

  @Operation('datasetsControllerCreateDatablockV3', { body: CreateDatasetDatablockDto, answer: 'Datablock' })
  @Post()
  async create(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: unknown,
  ): Promise<object> {
    gate(this.rules.admits(accessTable.dataset.add, caller));
    const dto = validateBody(CreateDatasetDatablockDto, body);
    const dataset = await this.datasets.find(pid, `dataset: ${pid} not found`);
    const block = await this.blocks.addDatablock(signedIn(caller), dataset, dto);
    return withId(block);
  }

  @Operation('datasetsControllerFindAllDatablocksV3', { answer: ['Datablock'] })
  @Get()
  async list(@CurrentCaller() caller: Caller | undefined, @Param('pid') pid: string): Promise<object[]> {
    await this.admitReader(caller, pid);
    const query = { where: { datasetId: pid }, limit: listLimit, skip: 0 };
    return (await this.queries.list(datablocks, caller, query, accessTable.dataset.readUnshared)).map(withId);
  }

  @Operation('datasetsControllerCountDatablocksV3', { answer: ['CountApiResponse'] })
  @Get('count')
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ count: number }> {
    await this.admitReader(caller, pid);
    const rule = accessTable.dataset.readUnshared;
    return { count: await this.queries.count(datablocks, caller, { datasetId: pid }, rule) };
  }

  @Operation('datasetsControllerFindOneDatablockAndUpdateV3', {
    body: PartialUpdateDatablockDto,
    answer: 'Datablock',
  })
  @Patch(':did')
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Param('did') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    gate(this.rules.mayCallDatasetWrites(caller));
    const dto = validateBody(PartialUpdateDatablockDto, body);
    const dataset = await this.datasets.find(pid, `dataset: ${pid} not found`);
    if (!this.rules.allows(accessTable.dataset.update, caller, dataset))
      throw new Refusal(403, 'Unauthorized access');
    await this.queries.find(datablocks, { _id: id, datasetId: pid });
    return withId((await this.blocks.change(datablocks, signedIn(caller), id, dto, {})) ?? missing(id));
  }

  @Operation('datasetsControllerDeleteAllDatablocksFromDatasetIdV3', { answer: 'CountApiResponse' })
  @Delete()
  async removeAll(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ count: number }> {
    gate(this.rules.mayDelete(caller));
    await this.datasets.find(pid, `dataset: ${pid} not found`);
    return { count: await this.blocks.removeAll(datablocks, signedIn(caller), pid) };
  }

  @Operation('datasetsControllerFindOneDatablockAndRemoveV3')
  @Delete(':did')
  async remove(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Param('did') id: string,
  ): Promise<void> {
    gate(this.rules.mayDelete(caller));
    await this.datasets.find(pid, `dataset: ${pid} not found`);
    if ((await this.blocks.remove(datablocks, signedIn(caller), id, pid)) === undefined) missing(id);
  }

  private async admitReader(caller: Caller | undefined, pid: string): Promise<void> {
    const rule = accessTable.dataset.readUnshared;
    await this.datasets.read(caller, pid, { rule, missing: `dataset: ${pid} not found` });
  }
}

function missing(id: string): never {
  throw new Refusal(404, `datablock: ${id} not found`);
}
