import { Body, Controller, Get, Headers, Param, Post, Query } from '@nestjs/common';
import { AccessRules, type Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import { parseLoopbackFilter } from '../domain/loopback-filter.js';
import { parseV4Filter } from '../domain/v4-filter.js';
import { DatasetService } from '../datasets/dataset.service.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { filterFrom, gate, signedIn } from '../http/gates.js';
import { validateBody } from '../http/validate-body.js';
import type { DatablockRecord, OrigDatablockRecord } from '../persistence/records.js';
import { CreateDatablockDto, CreateOrigDatablockDto } from './block.dto.js';
import { BlockService } from './block.service.js';

const blockProperties: ReadonlySet<string> = new Set(
  `_id id datasetId size chkAlg dataFileList path time chk uid gid perm type archiveId packedSize version ownerGroup accessGroups
  instrumentGroup isPublished createdBy updatedBy createdAt updatedAt`.split(/\s+/),
);

@Controller({ path: 'origdatablocks', version: ['3', '4'] })
export class OrigDatablocksController {
  constructor(
    private readonly datasets: DatasetService,
    private readonly blocks: BlockService,
    private readonly rules: AccessRules,
  ) {}

  @Post()
  async create(@CurrentCaller() caller: Caller | undefined, @Body() body: unknown): Promise<object> {
    gate(this.rules.mayCallDatasetWrites(caller));
    const dto = validateBody(CreateOrigDatablockDto, body);
    const dataset = await this.datasets.find(
      dto.datasetId,
      `Dataset: ${dto.datasetId} not found for attaching an origdatablock`,
    );
    const block = await this.blocks.addOrigDatablock(signedIn(caller), dataset, dto);
    return { ...block, id: block._id };
  }
}

@Controller({ path: 'origdatablocks', version: '3' })
export class OrigDatablocksV3Controller {
  constructor(
    private readonly blocks: BlockService,
    private readonly datasets: DatasetService,
  ) {}

  @Get()
  list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
  ): Promise<OrigDatablockRecord[]> {
    gate(caller !== undefined);
    const query = parseLoopbackFilter(filterFrom(filter, undefined));
    return this.blocks.listOrigDatablocks(caller, {
      ...query,
      sort: query.sort ?? { _id: 1 },
      projection: query.projection ?? {},
    });
  }

  /** A block that does not exist is refused like one that is not the caller's. */
  @Get(':id')
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
  ): Promise<OrigDatablockRecord> {
    gate(caller !== undefined);
    const [block] = await this.blocks.listOrigDatablocks(caller, { where: { _id: id }, limit: 1, skip: 0 });
    if (block === undefined) throw new Refusal(403, 'Unauthorized access');
    await this.datasets.read(caller, block.datasetId, {
      sharedWith: false,
      missing: `dataset: ${block.datasetId} not found`,
    });
    return block;
  }
}

@Controller({ path: 'origdatablocks', version: '4' })
export class OrigDatablocksV4Controller {
  constructor(private readonly blocks: BlockService) {}

  @Get()
  list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: string | undefined,
  ): Promise<OrigDatablockRecord[]> {
    gate(caller !== undefined);
    const { projection, ...query } = parseV4Filter(filter, blockProperties);
    return this.blocks.listOrigDatablocks(caller, { ...query, projection: projection ?? {} });
  }

  @Get(':id')
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('id') id: string,
  ): Promise<OrigDatablockRecord> {
    gate(caller !== undefined);
    const [block] = await this.blocks.listOrigDatablocks(caller, { where: { _id: id }, limit: 1, skip: 0 });
    if (block === undefined) throw new Refusal(404, `OrigDatablock: ${id} not found`);
    return block;
  }
}

@Controller({ path: 'datablocks', version: '3' })
export class DatablocksController {
  constructor(
    private readonly datasets: DatasetService,
    private readonly blocks: BlockService,
  ) {}

  @Post()
  async create(@CurrentCaller() caller: Caller | undefined, @Body() body: unknown): Promise<object> {
    gate(caller !== undefined);
    const dto = validateBody(CreateDatablockDto, body);
    const dataset = await this.datasets.find(dto.datasetId, `Dataset: ${dto.datasetId} not found`);
    const block = await this.blocks.addDatablock(signedIn(caller), dataset, dto);
    return { ...block, id: block._id };
  }

  @Get()
  list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
    @Headers('filter') header: unknown,
  ): Promise<DatablockRecord[]> {
    gate(caller !== undefined);
    const query = parseLoopbackFilter(filterFrom(filter, header));
    return this.blocks.listDatablocks(caller, {
      ...query,
      sort: query.sort ?? { _id: 1 },
      projection: query.projection ?? {},
    });
  }

  @Get(':id')
  async get(@CurrentCaller() caller: Caller | undefined, @Param('id') id: string): Promise<DatablockRecord> {
    gate(caller !== undefined);
    const [block] = await this.blocks.listDatablocks(caller, { where: { _id: id }, limit: 1, skip: 0 });
    if (block === undefined) throw new Refusal(404, `Datablock: ${id} not found`);
    return block;
  }
}
