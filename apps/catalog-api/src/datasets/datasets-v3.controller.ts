import { Body, Controller, Delete, Get, Headers, Param, Patch, Post, Query } from '@nestjs/common';
import { AccessRules, type Caller } from '../domain/access.js';
import { Refusal } from '../domain/errors.js';
import { parseLoopbackFilter } from '../domain/loopback-filter.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { filterFrom, gate, signedIn } from '../http/gates.js';
import { validateBody, validateV3DatasetBody } from '../http/validate-body.js';
import type { Lifecycle } from '../domain/lifecycle.js';
import {
  CreateDatasetV4Dto,
  CreateDerivedDatasetDto,
  CreateRawDatasetDto,
  UpdateDatasetV3Dto,
  UpdateLifecycleDto,
} from './dataset.dto.js';
import { fromV3, v3View } from './dataset-views.js';
import { DatasetIncludes } from './dataset-includes.js';
import { DatasetService } from './dataset.service.js';

type Fields = Record<string, unknown>;

const renamed: Readonly<Record<string, string>> = {
  proposalId: 'proposalIds',
  sampleId: 'sampleIds',
  instrumentId: 'instrumentIds',
  investigator: 'principalInvestigators',
  principalInvestigator: 'principalInvestigators',
};

@Controller({ path: 'datasets', version: '3' })
export class DatasetsV3Controller {
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
    const type = body?.['type'];
    const fields =
      type === 'raw'
        ? fromV3(validateV3DatasetBody(CreateRawDatasetDto, body), 'raw')
        : type === 'derived'
          ? fromV3(validateV3DatasetBody(CreateDerivedDatasetDto, body), 'derived')
          : { ...validateV3DatasetBody(CreateDatasetV4Dto, body) };
    return v3View(await this.datasets.create(signedIn(caller), fields, '3'));
  }

  @Get()
  async list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
    @Headers('filter') header: unknown,
  ): Promise<Fields[]> {
    const query = parseLoopbackFilter(filterFrom(filter, header));
    const datasets = await this.datasets.list(caller, { ...query, where: withPlurals(query.where) });
    await this.includes.add(caller, datasets, query.include);
    return datasets.map((dataset) => v3View(dataset));
  }

  @Get('count')
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
    @Headers('filter') header: unknown,
  ): Promise<{ count: number }> {
    const { where } = parseLoopbackFilter(filterFrom(filter, header));
    return { count: await this.datasets.count(caller, withPlurals(where)) };
  }

  @Get('findOne')
  async findOne(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
    @Headers('filter') header: unknown,
  ): Promise<Fields | undefined> {
    const query = parseLoopbackFilter(filterFrom(filter, header));
    const found = await this.datasets.list(caller, { ...query, where: withPlurals(query.where), limit: 1 });
    await this.includes.add(caller, found, query.include);
    return found[0] === undefined ? undefined : v3View(found[0]);
  }

  @Get(':pid')
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Query('filter') filter: unknown,
    @Headers('filter') header: unknown,
  ): Promise<Fields> {
    const query = parseLoopbackFilter(filterFrom(filter, header));
    const dataset = await this.datasets.read(caller, pid, {
      sharedWith: true,
      missing: `dataset: ${pid} not found`,
    });
    await this.includes.add(caller, [dataset], query.include);
    return query.projection === undefined
      ? { ...v3View(dataset), history: [] }
      : picked(v3View(dataset), query.projection);
  }

  @Patch(':pid')
  async patch(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Body() body: Fields | undefined,
    @Headers('if-unmodified-since') unmodifiedSince: string | undefined,
  ): Promise<Fields> {
    gate(this.rules.mayCallDatasetWrites(caller));
    const dataset = await this.datasets.find(pid, '');
    const fields = fromV3(validateV3DatasetBody(UpdateDatasetV3Dto, body), undefined);
    return v3View(await this.datasets.change(signedIn(caller), dataset, fields, { unmodifiedSince }));
  }

  @Get(':pid/datasetlifecycle')
  async lifecycle(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<Lifecycle> {
    return (
      await this.datasets.read(caller, pid, { sharedWith: false, missing: `dataset: ${pid} not found` })
    ).datasetlifecycle;
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
  async remove(@CurrentCaller() caller: Caller | undefined, @Param('pid') pid: string): Promise<Fields> {
    gate(this.rules.mayDelete(caller));
    return this.datasets.remove(pid);
  }
}

/** v3 names at the top level of a condition. */
function withPlurals(where: Fields): Fields {
  return Object.fromEntries(Object.entries(where).map(([name, value]) => [renamed[name] ?? name, value]));
}

function picked(view: Fields, projection: Record<string, 0 | 1>): Fields {
  const names = Object.keys(projection);
  const keep = Object.values(projection).includes(1);
  return Object.fromEntries(
    Object.entries(view).filter(([name]) =>
      keep ? names.includes(name) || name === '_id' : !names.includes(name),
    ),
  );
}
