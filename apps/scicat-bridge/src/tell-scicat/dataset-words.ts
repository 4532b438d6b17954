import { Injectable } from '@nestjs/common';
import { Clock, crashPoint } from '#kernel';
import type { Lease } from '../domain/lease.js';
import { lifecycleChange } from '../domain/lifecycle-change.js';
import type { BridgePart } from '../persistence/records.js';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { BridgeParts } from '../persistence/bridge-parts.js';
import { Scicat, type ScicatLifecycle } from '../scicat/scicat.js';

/** Writes the lifecycle of datasets in SciCat: only what changes, and nothing over what others wrote meanwhile. */
@Injectable()
export class DatasetWords {
  constructor(
    private readonly scicat: Scicat,
    private readonly jobs: BridgeJobs,
    private readonly parts: BridgeParts,
    private readonly clock: Clock,
  ) {}

  /** @returns false when SciCat has the dataset no more */
  async tell(part: BridgePart, wanted: ScicatLifecycle, lease: Lease): Promise<boolean> {
    const { pid, before, told = {}, theirs = [] } = part;
    const dataset = await this.scicat.dataset(pid);
    if (dataset === undefined) return false;
    const said = { last: { ...before, ...told }, now: dataset.datasetlifecycle, theirs };
    let change = lifecycleChange(wanted, said);
    if (change.leftAlone.length > 0)
      change = lifecycleChange(wanted, { ...said, others: await this.parts.toldByOthers(part) });
    if (Object.keys(change.write).length > 0) {
      lease.mustHold();
      crashPoint('bridge.before-lifecycle');
      if (!(await this.scicat.writeLifecycle(pid, change.write))) return false;
      crashPoint('bridge.after-lifecycle');
    }
    const at = this.clock.now();
    const { leftAlone } = change;
    // Told of twice, if a crash comes now, rather than never.
    await this.jobs.leaveAlone(
      lease,
      leftAlone.map((one) => ({ pid, ...one, at })),
    );
    lease.mustHold();
    await this.parts.note(part, {
      told: { ...told, ...change.told },
      ...(leftAlone.length === 0 ? {} : { theirs: [...theirs, ...leftAlone.map(({ field }) => field)] }),
    });
    return true;
  }
}
