import { Controller, Get, Param, Query } from '@nestjs/common';
import type { Caller } from '../../domain/access.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { gate, signedIn } from '../../http/gates.js';
import { Area, Operation } from '../../http/operation.decorator.js';
import type { Logbook } from '../../logbooks/logbooks.service.js';
import { DatasetExtras } from '../dataset-extras.js';

/** What stands beside a v4 dataset. */
@Area('datasets v4')
@Controller({ path: 'datasets', version: '4' })
export class DatasetLogbooksController {
  constructor(private readonly extras: DatasetExtras) {}

  @Operation('datasetsV4ControllerFindLogbookByPidV4', { answer: 'Logbook' })
  @Get(':pid/logbook')
  logbook(
    @CurrentCaller() caller: Caller | undefined,
    @Param('pid') pid: string,
    @Query('filters') filters: unknown,
  ): Promise<Logbook | undefined> {
    gate(caller !== undefined);
    return this.extras.logbook(signedIn(caller), pid, filters, `dataset: ${pid} not found`);
  }
}
