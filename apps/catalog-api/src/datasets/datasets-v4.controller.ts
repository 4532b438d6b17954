import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { AccessRules, type Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import type { Lifecycle } from '../domain/lifecycle.js';
import { parseV4Filter } from '../domain/v4-filter.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { gate, signedIn } from '../http/gates.js';
import { validateBody } from '../http/validate-body.js';
import type { DatasetRecord } from '../persistence/records.js';
import { CreateDatasetV4Dto, UpdateDatasetV4Dto, UpdateLifecycleDto } from './dataset.dto.js';
import { datasetProperties } from './dataset-properties.js';
import { mergePatch } from './dataset-views.js';
import { DatasetIncludes } from './dataset-includes.js';
import { DatasetService } from './dataset.service.js';

type Fields = Record<string, unknown>;

@Controller({ path: 'datasets', version: '4' })
export class DatasetsV4Controller {
  constructor(
    private readonly datasets: DatasetService,
    private readonly includes: DatasetIncludes,
    private readonly rules: AccessRules,
  ) {}

  @Post()
  async create(
    @CurrentCaller() caller: Caller | undefined,
    @Body() body: Fields | undefined,
  ): Promise<Fields> {
    gate(this.rules.mayCallDatasetWrites(caller));
    const dataset = await this.datasets.create(
      signedIn(caller),
      { ...validateBody(CreateDatasetV4Dto, body) },
      '4',
    );
    return { ...dataset, id: dataset._id };
  }

  @Post('isValid')
  @HttpCode(200)
  isValid(@CurrentCaller() caller: Caller | undefined, @Body() body: Fields | undefined): { valid: boolean } {
    gate(this.rules.mayCallDatasetWrites(caller));
    try {
      validateBody(CreateDatasetV4Dto, body);
      return { valid: true };
    } catch {
      return { valid: false };
    }
  }

  @Get()
  async list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: string | undefined,
  ): Promise<DatasetRecord[]> {
    gate(caller !== undefined);
    const query = parseV4Filter(filter, datasetProperties);
    const datasets = await this.datasets.list(caller, query);
    await this.includes.add(caller, datasets, query.include);
    return datasets;
  }

  @Get('count')
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: string | undefined,
  ): Promise<{ count: number }> {
    gate(caller !== undefined);
    return { count: await this.datasets.count(caller, parseV4Filter(filter, datasetProperties).where) };
  }

  @Get('findOne')
  async findOne(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: string | undefined,
  ): Promise<DatasetRecord | undefined> {
    gate(caller !== undefined);
    const query = parseV4Filter(filter, datasetProperties);
    const found = await this.datasets.list(caller, { ...query, limit: 1 });
    await this.includes.add(caller, found, query.include);
    return found[0];
  }

  @Get(':pid')
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Query('include') include: string | string[] | undefined,
  ): Promise<DatasetRecord> {
    gate(caller !== undefined);
    const dataset = await this.datasets.read(caller, pid, {
      sharedWith: false,
      missing: 'dataset: null not found',
    });
    await this.includes.add(caller, [dataset], include === undefined ? [] : [include].flat());
    return dataset;
  }

  @Patch(':pid')
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: Fields | undefined,
    @Headers('content-type') contentType: string | undefined,
    @Headers('if-unmodified-since') unmodifiedSince: string | undefined,
  ): Promise<Fields> {
    gate(this.rules.mayCallDatasetWrites(caller));
    const dataset = await this.datasets.find(pid, 'Dataset not found');
    const patch = contentType === 'application/merge-patch+json' ? mergePatch(dataset, body ?? {}) : body;
    const changed = await this.datasets.change(
      signedIn(caller),
      dataset,
      { ...validateBody(UpdateDatasetV4Dto, patch) },
      { unmodifiedSince },
    );
    return { ...changed, id: changed._id };
  }

  @Get(':pid/datasetlifecycle')
  async lifecycle(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<Lifecycle> {
    gate(caller !== undefined);
    return (await this.datasets.read(caller, pid, { sharedWith: false, missing: 'dataset: null not found' }))
      .datasetlifecycle;
  }

  @Patch(':pid/datasetlifecycle')
  async patchLifecycle(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: Fields | undefined,
  ): Promise<Lifecycle> {
    gate(this.rules.mayCallLifecycleUpdate(caller));
    const fields = { ...validateBody(UpdateLifecycleDto, body) };
    if (Object.keys(fields).length === 0) throw new Refusal(400, 'dataset lifecycle DTO must not be empty');
    return this.datasets.changeLifecycle(signedIn(caller), pid, fields);
  }

  @Delete(':pid')
  async remove(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<DatasetRecord> {
    gate(this.rules.mayDelete(caller));
    return this.datasets.remove(pid);
  }
}
