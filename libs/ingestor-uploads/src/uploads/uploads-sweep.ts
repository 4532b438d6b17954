import { Inject, Injectable } from '@nestjs/common';
import { messageOf, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { UploadsConfigToken, type UploadsConfig } from '../ingestor.config.js';
import type { Hold, Upload } from '../persistence/records.js';
import { LandedRoom } from '../space/landed-room.js';
import { LandingSpace } from '../space/landing-space.js';
import { Grants } from '../tokens/grants.js';
import { UnfinishedUploads } from './unfinished-uploads.js';

/** Goes on with what was cut off, throws away what was forgotten, and lets go of room. */
@Injectable()
export class UploadsSweep extends HostedLoop {
  constructor(
    private readonly unfinished: UnfinishedUploads,
    private readonly grants: Grants,
    private readonly space: LandingSpace,
    private readonly room: LandedRoom,
    @Inject(UploadsConfigToken) config: UploadsConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    super({
      name: 'sweep of uploads',
      pause: config.sweepInterval,
      logger: log,
      fault: 'could not sweep uploads',
      restsFirst: true,
    });
  }

  /** One that fails does not keep the others from their turn. */
  async round(): Promise<void> {
    await this.grants.forgetEnded();
    for await (const upload of this.unfinished.due()) {
      if (this.stopping.aborted) return;
      await this.tend(upload);
      stillMoving();
    }
    await this.unfinished.forgetEnded();
    for (const hold of await this.space.settled()) {
      if (this.stopping.aborted) return;
      if (await this.isOver(hold)) await this.room.settleUnchanged(hold);
      stillMoving();
    }
  }

  private async tend(upload: Upload): Promise<void> {
    try {
      await this.unfinished.tend(upload);
    } catch (error) {
      this.log.warn(
        { pid: upload._id, state: upload.state, error: messageOf(error) },
        'could not go on with an upload; another round tries again',
      );
    }
  }

  /** Room that was kept for an upload that is not there, or that nothing lies in any more. */
  private async isOver({ pid, kind }: Hold): Promise<boolean> {
    if (kind === 'reserved') return !(await this.unfinished.isUnderWay(pid));
    return this.room.isEmpty(pid);
  }
}
