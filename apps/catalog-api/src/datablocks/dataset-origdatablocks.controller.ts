import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { DatasetQueries } from '../datasets/dataset-queries.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { validateBody } from '../http/validate-body.js';
import { origDatablocks } from './block-kind.js';
import { BlockQueries } from './block-queries.js';
import { CreateDatasetOrigDatablockDto, UpdateOrigDatablockDto } from './block.dto.js';
import { BlockService } from './block.service.js';
import { blockFaults, withId, type Fault } from './block-views.js';

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

  @Operation('datasetsControllerCreateOrigDatablockV3', {
    body: CreateDatasetOrigDatablockDto,
    answer: 'OrigDatablock',
  })
  @Post()
  async create(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: unknown,
  ): Promise<object> {
    gate(this.rules.admits(accessTable.dataset.add, caller));
    const dto = validateBody(CreateDatasetOrigDatablockDto, body);
    const dataset = await this.datasets.find(pid, `dataset: ${pid} not found`);
    const block = await this.blocks.addOrigDatablock(signedIn(caller), dataset, dto);
    return withId(block);
  }

  @Operation('datasetsControllerOrigDatablockIsValidV3', { body: CreateDatasetOrigDatablockDto })
  @Post('isValid')
  @HttpCode(200)
  async isValid(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: unknown,
  ): Promise<{ valid: boolean; errors: Fault[] }> {
    gate(this.rules.admits(accessTable.dataset.add, caller));
    const dataset = await this.datasets.find(pid, `dataset: ${pid} not found`);
    if (!this.rules.allows(accessTable.dataset.add, caller, dataset))
      throw new Refusal(403, 'Unauthorized access');
    const errors = blockFaults(CreateDatasetOrigDatablockDto, body, dataset.sourceFolder);
    return { valid: errors.length === 0, errors };
  }

  @Operation('datasetsControllerFindAllOrigDatablocksV3', { answer: ['OrigDatablock'] })
  @Get()
  async list(@CurrentCaller() caller: Caller | undefined, @Param('pid') pid: string): Promise<object[]> {
    await this.admitReader(caller, pid);
    const query = { where: { datasetId: pid }, limit: listLimit, skip: 0 };
    return (await this.queries.list(origDatablocks, caller, query, accessTable.dataset.readUnshared)).map(
      withId,
    );
  }

  @Operation('datasetsControllerCountOrigDatablocksV3', { answer: ['CountApiResponse'] })
  @Get('count')
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ count: number }> {
    await this.admitReader(caller, pid);
    const rule = accessTable.dataset.readUnshared;
    return { count: await this.queries.count(origDatablocks, caller, { datasetId: pid }, rule) };
  }

  @Operation('datasetsControllerFindOneOrigDatablockAndUpdateV3', {
    body: UpdateOrigDatablockDto,
    answer: 'OrigDatablock',
  })
  @Patch(':oid')
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Param('oid') id: string,
    @Body() body: unknown,
  ): Promise<object> {
    gate(this.rules.mayCallDatasetWrites(caller));
    const dto = validateBody(UpdateOrigDatablockDto, body);
    const dataset = await this.datasets.find(pid, `dataset: ${pid} not found`);
    if (!this.rules.allows(accessTable.dataset.update, caller, dataset))
      throw new Refusal(403, 'Unauthorized access');
    // SciCat says the same of a block that is not there as of one that is not the caller's.
    if ((await this.queries.count(origDatablocks, caller, { _id: id, datasetId: pid })) === 0)
      throw new Refusal(403, 'Unauthorized access');
    const changed = await this.blocks.change(origDatablocks, signedIn(caller), id, dto, {});
    return withId(changed ?? missing(id));
  }

  @Operation('datasetsControllerDeleteAllOrigDatablocksFromDatasetIdV3', { answer: 'CountApiResponse' })
  @Delete()
  async removeAll(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ count: number }> {
    gate(this.rules.mayDelete(caller));
    await this.datasets.find(pid, `dataset: ${pid} not found`);
    return { count: await this.blocks.removeAll(origDatablocks, signedIn(caller), pid) };
  }

  @Operation('datasetsControllerFindOneOrigDatablockAndRemoveV3')
  @Delete(':oid')
  async remove(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Param('oid') id: string,
  ): Promise<object> {
    gate(this.rules.mayDelete(caller));
    await this.datasets.find(pid, `dataset: ${pid} not found`);
    return withId((await this.blocks.remove(origDatablocks, signedIn(caller), id, pid)) ?? missing(id));
  }

  private async admitReader(caller: Caller | undefined, pid: string): Promise<void> {
    const rule = accessTable.dataset.readUnshared;
    await this.datasets.read(caller, pid, { rule, missing: `dataset: ${pid} not found` });
  }
}

function missing(id: string): never {
  throw new Refusal(404, `origDatablock: ${id} not found`);
}
