import { Controller, Get } from '@nestjs/common';
import { Operators } from '#service-host';
import { Retrievals, type RetrievalsState } from './retrievals.js';

/** What operators ask about the retrieval area. */
@Operators()
@Controller({ path: 'operations/retrievals', version: '4' })
export class RetrievalsController {
  constructor(private readonly retrievals: Retrievals) {}

  /** Room, what takes it, for which groups, and who waits. */
  @Get()
  show(): Promise<RetrievalsState> {
    return this.retrievals.state();
  }
}
