import type { Lifecycle } from '#scicat-words';
import { Body, Controller, Delete, Get, Headers, Param, Patch, Put, Query } from '@nestjs/common';
import { CountApiResponse } from '../../answers/common.js';
import { DatasetClass, OutputDatasetObsoleteDto, UpdateDatasetLifecycleDto } from '../../answers/datasets.js';
import type { Caller } from '../../domain/access.js';
import { accessTable } from '../../domain/access-table.js';
import { Refusal } from '../../domain/errors.js';
import { parseFilter } from '../../domain/filter-parts.js';
import { parseRecordFilter } from '../../domain/record-filter.js';
import { Admits } from '../../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../../http/caller.decorator.js';
import { isLong, type LongList } from '../../http/long-list.js';
import { Area, Operation } from '../../http/operation.decorator.js';
import { filterFrom } from '../../http/query-values.js';
import { validateV3DatasetBody } from '../../http/validate-body.js';
import { RequestPrecondition } from '../../records/precondition.decorator.js';
import type { Precondition } from '../../records/preconditions.js';
import { withId } from '../../records/with-id.js';
import { DatasetHistory } from '../dataset-history.js';
import { DatasetLists } from '../dataset-lists.js';
import { DatasetQueries } from '../dataset-queries.js';
import {
  PartialUpdateDatasetDto,
  PartialUpdateDatasetLifecycleDto,
  PartialUpdateDerivedDatasetObsoleteDto,
  PartialUpdateRawDatasetObsoleteDto,
  UpdateDatasetDto,
  UpdateDerivedDatasetObsoleteDto,
  UpdateRawDatasetObsoleteDto,
} from './dataset.dto.js';
import { datasetShape } from '../dataset-shape.js';
import { v3Reading } from '../dataset-fields-v3.js';
import { fromV3, v3View } from '../dataset-answers.js';
import { DatasetService } from '../dataset.service.js';

type Fields = Record<string, unknown>;

const missingText = (pid: string): string => `dataset: ${pid} not found`;

@Area('datasets')
@Controller({ path: 'datasets', version: '3' })
export class DatasetsV3Controller {
  constructor(
    private readonly datasets: DatasetService,
    private readonly queries: DatasetQueries,
    private readonly lists: DatasetLists,
    private readonly history: DatasetHistory,
  ) {}

  @Admits(accessTable.dataset.read)
  @Operation('datasetsControllerFindAllV3', { answer: [OutputDatasetObsoleteDto] })
  @Get()
  async list(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
    @Headers('filter') header: unknown,
  ): Promise<Fields[] | LongList<Fields>> {
    const asked = parseRecordFilter(filterFrom(filter, header), datasetShape);
    const { projection, view } = v3Reading(asked.projection);
    const query = { ...asked, projection };
    if (isLong(query)) return this.queries.long(caller, query).map(view);
    return (await this.lists.list(caller, query)).map(view);
  }

  @Admits(accessTable.dataset.read)
  @Operation('datasetsControllerCountV3', { answer: CountApiResponse })
  @Get('count')
  async count(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
    @Headers('filter') header: unknown,
  ): Promise<{ count: number }> {
    const { where } = parseRecordFilter(filterFrom(filter, header), datasetShape);
    return { count: await this.queries.count(caller, where) };
  }

  @Admits(accessTable.dataset.read)
  @Operation('datasetsControllerFindOneV3', { answer: OutputDatasetObsoleteDto, mayBeEmpty: true })
  @Get('findOne')
  async findOne(
    @CurrentCaller() caller: Caller | undefined,
    @Query('filter') filter: unknown,
    @Headers('filter') header: unknown,
  ): Promise<Fields | undefined> {
    const query = parseRecordFilter(filterFrom(filter, header), datasetShape);
    const { projection, view } = v3Reading(query.projection);
    const one = { ...query, projection, limit: 1 };
    return (await this.lists.list(caller, one)).map(view)[0];
  }

  @Admits(accessTable.dataset.read)
  @Operation('datasetsControllerFindByIdV3', { answer: OutputDatasetObsoleteDto })
  @Get(':pid')
  async get(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Query('filter') filter: unknown,
    @Headers('filter') header: unknown,
  ): Promise<Fields> {
    const text = filterFrom(filter, header);
    const query = parseRecordFilter(text, datasetShape);
    const { fields } = parseFilter(text);
    const narrow = Array.isArray(fields) && fields.length > 0 && !fields.includes('history');
    const [dataset, changes] = await Promise.all([
      this.queries.read(caller, pid, { rule: accessTable.dataset.read, missing: missingText(pid) }),
      narrow ? undefined : this.history.changesOf(pid),
    ]);
    const { projection, view } = v3Reading(query.projection);
    const isWhole = projection === undefined && query.include.length === 0;
    const one = { ...query, projection, where: { _id: pid }, skip: 0, limit: 1 };
    const shown = isWhole ? dataset : (await this.lists.list(caller, one))[0];
    const history = changes && this.history.entries(dataset, changes);
    return { ...view(shown ?? dataset), ...(history && { history }) };
  }

  @Admits(accessTable.dataset.update)
  @Operation('datasetsControllerFindByIdAndUpdateV3', {
    body: [
      PartialUpdateRawDatasetObsoleteDto,
      PartialUpdateDerivedDatasetObsoleteDto,
      PartialUpdateDatasetDto,
    ],
    answer: OutputDatasetObsoleteDto,
  })
  @Patch(':pid')
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() body: unknown,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<Fields> {
    const { type } = await this.queries.find(pid, '');
    const fields = partFrom(type, body);
    return v3View(await this.datasets.change(caller, pid, () => fields, { precondition, missing: '' }));
  }

  @Admits(accessTable.dataset.update)
  @Operation('datasetsControllerFindByIdAndReplaceV3', {
    body: [UpdateRawDatasetObsoleteDto, UpdateDerivedDatasetObsoleteDto, UpdateDatasetDto],
    answer: OutputDatasetObsoleteDto,
  })
  @Put(':pid')
  async replace(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() body: unknown,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<Fields> {
    const { type } = await this.queries.find(pid, '');
    const fields = replacementFrom(type, body);
    return v3View(await this.datasets.replace(caller, pid, () => fields, { precondition, missing: '' }));
  }

  @Admits(accessTable.dataset.readUnshared)
  @Operation('datasetsControllerFindLifecycleByIdV3', { answer: UpdateDatasetLifecycleDto, mayBeEmpty: true })
  @Get(':pid/datasetlifecycle')
  async lifecycle(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<Lifecycle> {
    const rule = accessTable.dataset.readUnshared;
    return (await this.queries.read(caller, pid, { rule, missing: missingText(pid) })).datasetlifecycle;
  }

  @Admits(accessTable.dataset.updateLifecycle)
  @Operation('datasetsControllerFindByIdAndUpdateLifecycleV3', { answer: UpdateDatasetLifecycleDto })
  @Patch(':pid/datasetlifecycle')
  async patchLifecycle(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() dto: PartialUpdateDatasetLifecycleDto,
  ): Promise<Lifecycle> {
    const fields = { ...dto };
    if (Object.keys(fields).length === 0) throw new Refusal(400, 'dataset lifecycle DTO must not be empty');
    return this.datasets.changeLifecycle(caller, pid, fields, '3');
  }

  @Admits(accessTable.dataset.delete)
  @Operation('datasetsControllerFindByIdAndDeleteV3', { answer: DatasetClass })
  @Delete(':pid')
  async remove(@SignedInCaller() caller: Caller, @Param('pid') pid: string): Promise<Fields> {
    const removed = await this.datasets.remove(caller, pid);
    return withId(removed);
  }
}

/** A part of a dataset, in the form of the type it has. */
function partFrom(type: string, body: unknown): Fields {
  if (type === 'raw') return fromV3(validateV3DatasetBody(PartialUpdateRawDatasetObsoleteDto, body), type);
  if (type === 'derived')
    return fromV3(validateV3DatasetBody(PartialUpdateDerivedDatasetObsoleteDto, body), type);
  return { ...validateV3DatasetBody(PartialUpdateDatasetDto, body) };
}

function replacementFrom(type: string, body: unknown): Fields {
  if (type === 'raw')
    return fromV3(validateV3DatasetBody(UpdateRawDatasetObsoleteDto, body), type, { isWhole: true });
  if (type === 'derived')
    return fromV3(validateV3DatasetBody(UpdateDerivedDatasetObsoleteDto, body), type, { isWhole: true });
  return { ...validateV3DatasetBody(UpdateDatasetDto, body) };
}
