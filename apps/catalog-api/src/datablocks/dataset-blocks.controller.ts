import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { AccessRules, type Caller } from '../domain/access.js';
import { DatasetService } from '../datasets/dataset.service.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
import { validateBody } from '../http/validate-body.js';
import type { DatablockRecord, OrigDatablockRecord } from '../persistence/records.js';
import { CreateDatablockInDatasetDto, CreateOrigDatablockInDatasetDto } from './block.dto.js';
import { BlockService } from './block.service.js';

const listLimit = 100;

/** v3 sub-resources of a dataset. */
@Controller({ path: 'datasets/:pid', version: '3' })
export class DatasetBlocksController {
  constructor(
    private readonly datasets: DatasetService,
    private readonly blocks: BlockService,
    private readonly rules: AccessRules,
  ) {}

  @Post('origdatablocks')
  async addOrigDatablock(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: unknown,
  ): Promise<object> {
    gate(this.rules.mayCallDatasetWrites(caller));
    const dto = validateBody(CreateOrigDatablockInDatasetDto, body);
    const block = await this.blocks.addOrigDatablock(
      signedIn(caller),
      await this.datasets.find(pid, `dataset: ${pid} not found`),
      dto,
    );
    return { ...block, id: block._id };
  }

  @Get('origdatablocks')
  async origDatablocks(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<OrigDatablockRecord[]> {
    await this.admitReader(caller, pid);
    return this.blocks.listOrigDatablocks(caller, { where: { datasetId: pid }, limit: listLimit, skip: 0 });
  }

  @Get('origdatablocks/count')
  async countOrigDatablocks(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ count: number }> {
    await this.admitReader(caller, pid);
    return { count: await this.blocks.countOf('origdatablocks', pid) };
  }

  @Post('datablocks')
  async addDatablock(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: unknown,
  ): Promise<object> {
    gate(this.rules.mayCallDatasetWrites(caller));
    const dto = validateBody(CreateDatablockInDatasetDto, body);
    const block = await this.blocks.addDatablock(
      signedIn(caller),
      await this.datasets.find(pid, `dataset: ${pid} not found`),
      dto,
    );
    return { ...block, id: block._id };
  }

  @Get('datablocks')
  async datablocks(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<DatablockRecord[]> {
    await this.admitReader(caller, pid);
    return this.blocks.listDatablocks(caller, { where: { datasetId: pid }, limit: listLimit, skip: 0 });
  }

  @Get('datablocks/count')
  async countDatablocks(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ count: number }> {
    await this.admitReader(caller, pid);
    return { count: await this.blocks.countOf('datablocks', pid) };
  }

  @Delete('datablocks')
  async removeDatablocks(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ count: number }> {
    gate(this.rules.mayDelete(caller));
    return { count: await this.blocks.removeDatablocks(pid) };
  }

  @Delete('datablocks/:did')
  async removeDatablock(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Param('did') id: string,
  ): Promise<void> {
    gate(this.rules.mayDelete(caller));
    await this.blocks.removeDatablock(pid, id);
  }

  private async admitReader(caller: Caller | undefined, pid: string): Promise<void> {
    await this.datasets.read(caller, pid, { sharedWith: false, missing: `dataset: ${pid} not found` });
  }
}
