import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { Steering } from '../aggregates/steering.js';
import { ReleaseRules } from '../domain/release-rules.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';

/** What holds for planning and release at this moment: what is configured, and what operators said. */
@Injectable()
export class CurrentRules {
  constructor(
    private readonly steering: Steering,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  async now(): Promise<ReleaseRules> {
    const now = this.clock.now();
    return new ReleaseRules(this.config, await this.steering.at(now), now);
  }

  /** Whether operators have said nothing since these were read. */
  async areStill({ version }: Pick<ReleaseRules, 'version'>): Promise<boolean> {
    return (await this.steering.version()) === version;
  }
}
