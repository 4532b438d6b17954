import { Body, Controller, Headers, Post } from '@nestjs/common';
import { OutputDatasetDto, OutputDatasetObsoleteDto } from '../../answers/datasets.js';
import type { Caller } from '../../domain/access.js';
import { accessTable } from '../../domain/access-table.js';
import { Admits } from '../../http/admits.decorator.js';
import { SignedInCaller } from '../../http/caller.decorator.js';
import { Area, Operation } from '../../http/operation.decorator.js';
import { idempotencyKeyFrom } from '../../http/request-parts.js';
import { validateV3DatasetBody } from '../../http/validate-body.js';
import { withId } from '../../records/with-id.js';
import { DatasetCreations } from '../dataset-creations.js';
import { fromV3, v3View } from '../dataset-answers.js';
import {
  CreateDatasetDto,
  CreateDerivedDatasetObsoleteDto,
  CreateRawDatasetObsoleteDto,
} from './dataset.dto.js';

type Fields = Record<string, unknown>;

@Area('datasets')
@Controller({ path: 'datasets', version: '3' })
export class DatasetCreationV3Controller {
  constructor(private readonly creations: DatasetCreations) {}

  @Admits(accessTable.dataset.add)
  @Operation('datasetsControllerCreateV3', {
    body: [CreateRawDatasetObsoleteDto, CreateDerivedDatasetObsoleteDto, CreateDatasetDto],
    answer: OutputDatasetObsoleteDto,
  })
  @Post()
  async create(
    @SignedInCaller() caller: Caller,
    @Body() body: unknown,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<Fields> {
    const fields = creationFrom(body);
    return v3View(
      await this.creations.create(caller, {
        fields,
        version: '3',
        idempotencyKey: idempotencyKeyFrom(key),
      }),
    );
  }
}

@Area('datasets v4')
@Controller({ path: 'datasets', version: '4' })
export class DatasetCreationV4Controller {
  constructor(private readonly creations: DatasetCreations) {}

  @Admits(accessTable.dataset.add)
  @Operation('datasetsV4ControllerCreateV4', { answer: OutputDatasetDto })
  @Post()
  async create(
    @SignedInCaller() caller: Caller,
    @Body() dto: CreateDatasetDto,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<Fields> {
    const fields = { ...dto };
    return withId(
      await this.creations.create(caller, {
        fields,
        version: '4',
        idempotencyKey: idempotencyKeyFrom(key),
      }),
    );
  }
}

/** The form of a creation by its type; types of a facility's own are v4 datasets. */
export function creationDto(body: unknown): new () => object {
  const type = (body as { type?: unknown } | undefined | null)?.type;
  if (type === 'raw') return CreateRawDatasetObsoleteDto;
  return type === 'derived' ? CreateDerivedDatasetObsoleteDto : CreateDatasetDto;
}

function creationFrom(body: unknown): Fields {
  const fields = validateV3DatasetBody(creationDto(body), body) as { type?: unknown };
  return fields.type === 'raw' || fields.type === 'derived'
    ? fromV3(fields, fields.type, { isWhole: true })
    : { ...fields };
}
