import { Controller, Get, HttpCode, Param, Post, Query, Body } from '@nestjs/common';
import { ThumbnailResponse } from '../../answers/attachments.js';
import { FullFacetResponse, IsValidResponse } from '../../answers/common.js';
import { OutputDatasetObsoleteDto } from '../../answers/datasets.js';
import { text } from '../../http/answer.js';
import type { Caller } from '../../domain/access.js';
import { accessTable } from '../../domain/access-table.js';
import { Refusal } from '../../domain/errors.js';
import { objectOr } from '../../domain/loopback-filter.js';
import { Admits } from '../../http/admits.decorator.js';
import { CurrentCaller, SignedInCaller } from '../../http/caller.decorator.js';
import type { LongList } from '../../http/long-list.js';
import { Area, Operation } from '../../http/operation.decorator.js';
import { textFrom } from '../../http/query-values.js';
import { knownFaultsOf } from '../../http/validate-body.js';
import type { FacetAnswer } from '../../persistence/facets.js';
import { DatasetExtras } from '../dataset-extras.js';
import { DatasetKeys } from '../dataset-keys.js';
import { DatasetQueries } from '../dataset-queries.js';
import {
  CreateDatasetDto,
  CreateDerivedDatasetObsoleteDto,
  CreateRawDatasetObsoleteDto,
} from './dataset.dto.js';
import { datasetShape } from '../dataset-shape.js';
import { inAskedUnits, v3View } from '../dataset-answers.js';
import { DatasetService } from '../dataset.service.js';
import { creationDto } from './dataset-creation.controller.js';

type Fields = Record<string, unknown>;

/** Searches over v3 datasets, and the small calls of the web frontend. */
@Area('datasets')
@Controller({ path: 'datasets', version: '3' })
export class DatasetSearchesV3Controller {
  constructor(
    private readonly queries: DatasetQueries,
    private readonly datasets: DatasetService,
    private readonly extras: DatasetExtras,
    private readonly keys: DatasetKeys,
  ) {}

  @Admits(accessTable.dataset.query)
  @Operation('datasetsControllerFullqueryV3', { answer: [OutputDatasetObsoleteDto] })
  @Get('fullquery')
  async fullQuery(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<Fields[] | LongList<Fields>> {
    const shown = inAskedUnits(fields);
    const found = await this.queries.fullQuery(caller, fields, limits);
    return Array.isArray(found)
      ? found.map((dataset) => shown(v3View(dataset)))
      : found.map((dataset) => shown(v3View(dataset)));
  }

  @Admits(accessTable.dataset.query)
  @Operation('datasetsControllerFullfacetV3', { answer: [FullFacetResponse] })
  @Get('fullfacet')
  fullFacet(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('facets') facets: unknown,
  ): Promise<FacetAnswer> {
    return this.queries.facets(caller, fields, facets);
  }

  @Admits(accessTable.dataset.query)
  @Operation('datasetsControllerMetadataKeysV3', { answer: [text] })
  @Get('metadataKeys')
  metadataKeys(
    @CurrentCaller() caller: Caller | undefined,
    @Query('fields') fields: unknown,
    @Query('limits') limits: unknown,
  ): Promise<string[]> {
    return this.keys.of(caller, { fields, limits });
  }

  @Admits(accessTable.dataset.add)
  @Operation('datasetsControllerIsValidV3', {
    body: [CreateRawDatasetObsoleteDto, CreateDerivedDatasetObsoleteDto, CreateDatasetDto],
    bodyName: 'DatasetsControllerCreateV3Request',
    answer: IsValidResponse,
  })
  @Post('isValid')
  @HttpCode(200)
  isValid(@SignedInCaller() caller: Caller, @Body() body: unknown): { valid: boolean; error?: string } {
    this.datasets.admitCreation(caller, objectOr(body), '3');
    const faults = knownFaultsOf<object>(creationDto(body), body);
    if (faults.length === 0) return { valid: true };
    const texts = faults.flatMap(({ constraints = {} }) => Object.values(constraints));
    return { valid: false, error: texts.join('; ') };
  }

  @Admits(accessTable.dataset.readUnshared)
  @Operation('datasetsControllerThumbnailV3', { answer: ThumbnailResponse })
  @Get(':pid/thumbnail')
  thumbnail(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
  ): Promise<{ thumbnail?: unknown }> {
    return this.extras.thumbnail(caller, pid);
  }

  @Admits(accessTable.dataset.update)
  @Operation('datasetsControllerAppendToArrayFieldV3', { answer: OutputDatasetObsoleteDto })
  @Post(':pid/appendToArrayField')
  async append(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Query('fieldName') fieldName: unknown,
    @Query('data') data: unknown,
  ): Promise<Fields> {
    const field = textFrom(fieldName) ?? '';
    if (datasetShape.kinds[field] !== 'array')
      throw new Refusal(400, `Invalid fieldName: ${JSON.stringify(fieldName)} is not a list of a dataset.`);
    const isOfObjects = listsOfObjects.has(field);
    const values = valuesFrom(data).map((value) =>
      isOfObjects || typeof value === 'object' ? value : String(value),
    );
    if (values.length === 0) throw new Refusal(400, 'Invalid data: expected at least one value.');
    const wanted = isOfObjects ? 'object' : 'string';
    const odd = values.find((value) => typeof value !== wanted || value === null);
    if (odd !== undefined)
      throw new Refusal(
        400,
        `Invalid data: ${field} is a list of ${isOfObjects ? 'objects' : 'texts'}, found ${JSON.stringify(odd)}.`,
      );
    return v3View(await this.datasets.append(caller, pid, field, values));
  }
}

const listsOfObjects = new Set(['techniques', 'relationships']);

/** A JSON list, or one value; text that is no JSON stands for itself. */
function valuesFrom(data: unknown): unknown[] {
  const texts: unknown[] = data === undefined || data === '' ? [] : Array.isArray(data) ? data : [data];
  return texts.flatMap((text) => {
    try {
      return [JSON.parse(String(text)) as unknown].flat();
    } catch {
      return [String(text)];
    }
  });
}
