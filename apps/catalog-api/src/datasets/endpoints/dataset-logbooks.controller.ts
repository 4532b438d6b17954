import { Controller, Get, Param, Query } from '@nestjs/common';
import { Logbook } from '../../answers/common.js';
import type { Caller } from '../../domain/access.js';
import { SignedIn } from '../../http/admits.decorator.js';
import { SignedInCaller } from '../../http/caller.decorator.js';
import { Area, Operation } from '../../http/operation.decorator.js';
import { DatasetExtras } from '../dataset-extras.js';

/** The logbook beside a dataset: the same in both versions. */
@Area({ '3': 'datasets', '4': 'datasets v4' })
@Controller({ path: 'datasets', version: ['3', '4'] })
export class DatasetLogbooksController {
  constructor(private readonly extras: DatasetExtras) {}

  @SignedIn()
  @Operation(
    { '3': 'datasetsControllerFindLogbookByPidV3', '4': 'datasetsV4ControllerFindLogbookByPidV4' },
    { answer: Logbook, mayBeEmpty: true },
  )
  @Get(':pid/logbook')
  logbook(
    @SignedInCaller() caller: Caller,
    @Param('pid') pid: string,
    @Query('filters') filters: unknown,
  ): Promise<Logbook | undefined> {
    return this.extras.logbook(caller, pid, filters, `dataset: ${pid} not found`);
  }
}
