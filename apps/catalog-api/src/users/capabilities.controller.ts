import { Controller, Get, Inject } from '@nestjs/common';
import { AccessRules, type Caller } from '../domain/access.js';
import type { JobConfiguration } from '../domain/job-configuration.js';
import { SignedIn } from '../http/admits.decorator.js';
import { SignedInCaller } from '../http/caller.decorator.js';
import { Area, Operation } from '../http/operation.decorator.js';
import { JobConfigurationToken } from '../jobs/job-configuration.provider.js';
import { capabilitiesOf, type Capability } from './capabilities.js';

interface Capabilities {
  readonly username: string;
  readonly groups: readonly string[];
  readonly capabilities: readonly Capability[];
}

/** For tools that show what can be done: they ask, and decide nothing by the names of groups. */
@SignedIn({ anonymous: 401 })
@Area('users')
@Controller({ path: 'users/my', version: '4' })
export class CapabilitiesController {
  constructor(
    private readonly rules: AccessRules,
    @Inject(JobConfigurationToken) private readonly configuration: JobConfiguration,
  ) {}

  @Get('capabilities')
  @Operation('capabilitiesControllerMineV4')
  mine(@SignedInCaller() caller: Caller): Capabilities {
    const { username, currentGroups: groups } = caller;
    return { username, groups, capabilities: capabilitiesOf(this.rules, caller, this.configuration) };
  }
}
