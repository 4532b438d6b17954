import { Controller, Get } from '@nestjs/common';
import { Operators } from '#service-host';
import { Scrubbing, type ScrubState } from './scrubbing.js';

/** What operators ask about the reading of old copies. */
@Operators()
@Controller({ path: 'operations/scrubbing', version: '4' })
export class ScrubbingController {
  constructor(private readonly scrubbing: Scrubbing) {}

  /** One for each target that this archiver serves, in the order of the configuration. */
  @Get()
  list(): Promise<ScrubState[]> {
    return this.scrubbing.states();
  }
}
