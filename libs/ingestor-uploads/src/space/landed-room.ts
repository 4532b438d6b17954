import { Injectable } from '@nestjs/common';
import { stillMoving } from '#kernel';
import type { Hold } from '../persistence/records.js';
import { LandingObjects } from '../uploads/landing-objects.js';
import { LandingSpace } from './landing-space.js';

/** Room that is let go of: what lies in the landing zone for a dataset goes on to count. */
@Injectable()
export class LandedRoom {
  constructor(
    private readonly landing: LandingObjects,
    private readonly space: LandingSpace,
  ) {}

  isEmpty(pid: string): Promise<boolean> {
    return this.landing.isEmpty(pid);
  }

  /** The upload of a dataset is over. */
  async settle(pid: string): Promise<void> {
    const bytes = await this.bytesOf(pid);
    if (bytes > 0) await this.space.landed(pid, bytes);
    else await this.space.release(pid);
  }

  /** Of a hold that no upload needs, if it is still this one. */
  async settleUnchanged(hold: Hold): Promise<void> {
    await this.space.replaceUnchanged(hold, await this.bytesOf(hold.pid));
  }

  private async bytesOf(pid: string): Promise<number> {
    let bytes = 0;
    for await (const { size } of this.landing.of(pid)) {
      bytes += size;
      stillMoving();
    }
    return bytes;
  }
}
