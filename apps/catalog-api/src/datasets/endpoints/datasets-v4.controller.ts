import type { Lifecycle } from '#scicat-words';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import {
  CountApiResponse,
  FullFacetFilters,
  FullFacetResponse,
  IsValidResponse,
} from '../../answers/common.js';
import {
  OutputDatasetDto,
  PartialOutputDatasetDto,
  UpdateDatasetLifecycleDto,
} from '../../answers/datasets.js';
import { text } from '../../http/answer.js';
import type { Caller } from '../../domain/access.js';
import { accessTable } from '../../domain/access-table.js';
import { Refusal } from '../../domain/errors.js';
import { objectOr } from '../../domain/loopback-filter.js';
import { parseV4Filter, v4Fields, v4Limits } from '../../domain/v4-filter.js';
import { Admits, SignedIn } from '../../http/admits.decorator.js';
import { SignedInCaller } from '../../http/caller.decorator.js';
import { isLong, type LongList } from '../../http/long-list.js';
import { Area, Operation } from '../../http/operation.decorator.js';
import { isMergePatch } from '../../http/request-parts.js';
import { listFrom } from '../../http/query-values.js';
import { knownFaultsOf, validateBody } from '../../http/validate-body.js';
import type { FacetAnswer } from '../../persistence/facets.js';
import type { DatasetRecord } from '../../persistence/records.js';
import { RequestPrecondition } from '../../records/precondition.decorator.js';
import type { Precondition } from '../../records/preconditions.js';
import { withId } from '../../records/with-id.js';
import { DatasetIncludes, datasetRelations } from '../dataset-includes.js';
import { DatasetKeys } from '../dataset-keys.js';
import { DatasetLists } from '../dataset-lists.js';
import { DatasetQueries } from '../dataset-queries.js';
import { datasetProperties, datasetShape } from '../dataset-shape.js';
import { mergePatch } from '../dataset-answers.js';
import {
  CreateDatasetDto,
  PartialUpdateDatasetDto,
  PartialUpdateDatasetLifecycleDto,
  UpdateDatasetDto,
} from './dataset.dto.js';
import { DatasetService } from '../dataset.service.js';
import { checkPairsKept, withStoredKeys } from '../scientific-metadata.js';

type Fields = Record<string, unknown>;

/** SciCat's text, whatever the pid was. */
const missing = 'dataset: null not found';
const refused = 'Unauthorized access';

@Area('datasets v4')
@Controller({ path: 'datasets', version: '4' })
export class DatasetsV4Controller {
  constructor(
    private readonly datasets: DatasetService,
    private readonly queries: DatasetQueries,
    private readonly lists: DatasetLists,
    private readonly includes: DatasetIncludes,
    private readonly keys: DatasetKeys,
  ) {}

  @Admits(accessTable.dataset.add)
  @Operation('datasetsV4ControllerIsValidV4', { body: CreateDatasetDto, answer: IsValidResponse })
  @Post('isValid')
  @HttpCode(200)
  isValid(@SignedInCaller() caller: Caller, @Body() body: unknown): { valid: boolean } {
    this.datasets.admitCreation(caller, objectOr(body), '4');
    return { valid: knownFaultsOf(CreateDatasetDto, body).length === 0 };
  }

  @SignedIn()
  @Operation('datasetsV4ControllerFindAllV4', { answer: [PartialOutputDatasetDto] })
  @Get()
  async list(
    @SignedInCaller() caller: Caller,
    @Query('filter') filter: unknown,
  ): Promise<DatasetRecord[] | LongList<DatasetRecord>> {
    const query = parseV4Filter(filter, datasetProperties, { relations: datasetRelations });
    return isLong(query) ? this.queries.long(caller, query) : this.lists.list(caller, query);
  }

  @SignedIn()
  @Operation('datasetsV4ControllerFullfacetV4', {
    answer: [FullFacetResponse],
    objects: { filters: FullFacetFilters },
  })
  @Get('fullfacet')
  fullFacet(
    @SignedInCaller() caller: Caller,
    @Query('fields') fields: unknown,
    @Query('facets') facets: unknown,
  ): Promise<FacetAnswer> {
    return this.queries.facets(caller, v4Fields(fields, datasetShape), facets);
  }

  @SignedIn()
  @Operation('datasetsV4ControllerMetadataKeysV4', { answer: [text] })
  @Get('metadataKeys')
  metadataKeys(
    @SignedInCaller() caller: Caller,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<string[]> {
    const asked = { fields: v4Fields(fields, datasetShape), limits: v4Limits(limits) };
    return this.keys.of(caller, asked);
  }

  @SignedIn()
  @Operation('datasetsV4ControllerCountV4', { answer: CountApiResponse })
  @Get('count')
  async count(
    @SignedInCaller() caller: Caller,
    @Query('filter') filter: unknown,
  ): Promise<{ count: number }> {
    const { where } = parseV4Filter(filter, datasetProperties, { only: ['where'] });
    return { count: await this.queries.count(caller, where) };
  }

  @SignedIn()
  @Operation('datasetsV4ControllerFindOneV4', { answer: OutputDatasetDto, mayBeEmpty: true })
  @Get('findOne')
  async findOne(
    @SignedInCaller() caller: Caller,
    @Query('filter') filter: unknown,
  ): Promise<DatasetRecord | undefined> {
    const query = parseV4Filter(filter, datasetProperties, { relations: datasetRelations });
    return (await this.lists.list(caller, { ...query, limit: 1 }))[0];
  }

  @SignedIn()
  @Operation('datasetsV4ControllerFindByIdV4', { answer: OutputDatasetDto })
  @Get(':pid')
  async get(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Query('include') include: unknown,
  ): Promise<DatasetRecord> {
    const rule = accessTable.dataset.readUnshared;
    const dataset = await this.queries.read(caller, pid, { rule, missing });
    await this.includes.add(caller, [dataset], listFrom(include));
    return dataset;
  }

  @Admits(accessTable.dataset.update)
  @Operation('datasetsV4ControllerFindByIdAndUpdateV4', {
    body: PartialUpdateDatasetDto,
    answer: OutputDatasetDto,
  })
  @Patch(':pid')
  async patch(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() body: unknown,
    @Headers('content-type') contentType: string | undefined,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<Fields> {
    const merges = isMergePatch(contentType);
    const patch = merges ? withoutNulls(body) : body;
    const fields: Fields = { ...validateBody(PartialUpdateDatasetDto, patch) };
    const fieldsFor = (stored: DatasetRecord): Fields => {
      checkPairsKept(pid, stored.scientificMetadata ?? {}, (fields['scientificMetadata'] ?? {}) as Fields);
      if (!merges) return fields;
      return mergePatch(withStoredKeys(stored, { isSent: false }), withStoredKeys(fields, { isSent: true }));
    };
    const options = { precondition, missing: 'Dataset not found', refused };
    return withId(await this.datasets.change(caller, pid, fieldsFor, options));
  }

  @Admits(accessTable.dataset.update)
  @Operation('datasetsV4ControllerFindByIdAndReplaceV4', { answer: OutputDatasetDto })
  @Put(':pid')
  async replace(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() dto: UpdateDatasetDto,
    @RequestPrecondition() precondition: Precondition,
  ): Promise<Fields> {
    const fields = { ...dto };
    const options = { precondition, missing, refused };
    return withId(await this.datasets.replace(caller, pid, () => fields, options));
  }

  @SignedIn()
  @Operation('datasetsV4ControllerFindLifecycleByIdV4', {
    answer: UpdateDatasetLifecycleDto,
    mayBeEmpty: true,
  })
  @Get(':pid/datasetlifecycle')
  async lifecycle(@SignedInCaller() caller: Caller, @Param('pid') pid: string): Promise<Lifecycle> {
    const rule = accessTable.dataset.readUnshared;
    return (await this.queries.read(caller, pid, { rule, missing })).datasetlifecycle;
  }

  @Admits(accessTable.dataset.updateLifecycle)
  @Operation('datasetsV4ControllerFindByIdAndUpdateLifecycleV4', { answer: UpdateDatasetLifecycleDto })
  @Patch(':pid/datasetlifecycle')
  async patchLifecycle(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Body() dto: PartialUpdateDatasetLifecycleDto,
  ): Promise<Lifecycle> {
    const fields = { ...dto };
    if (Object.keys(fields).length === 0) throw new Refusal(400, 'dataset lifecycle DTO must not be empty');
    return this.datasets.changeLifecycle(caller, pid, fields, '4');
  }

  @Admits(accessTable.dataset.delete)
  @Operation('datasetsV4ControllerFindByIdAndDeleteV4', { answer: OutputDatasetDto })
  @Delete(':pid')
  async remove(@SignedInCaller() caller: Caller, @Param('pid') pid: string): Promise<Fields> {
    return withId(await this.datasets.remove(caller, pid, missing));
  }
}

/** A top-level `null` of a merge patch leaves the field as it is. */
function withoutNulls(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}
