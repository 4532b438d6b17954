import { Injectable } from '@nestjs/common';
import type { Logbook } from '../answers/common.js';
import { AttachmentService } from '../attachments/attachment.service.js';
import { AccessRules, type Caller } from '../domain/access.js';
import { accessTable } from '../domain/access-table.js';
import { Refusal } from '../domain/errors.js';
import { Logbooks } from '../logbooks/logbooks.service.js';
import { DatasetQueries } from './dataset-queries.js';

/** What stands beside a dataset: its picture and the logbook of its proposal. */
@Injectable()
export class DatasetExtras {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly attachments: AttachmentService,
    private readonly logbooks: Logbooks,
    private readonly rules: AccessRules,
  ) {}

  async thumbnail(caller: Caller | undefined, pid: string): Promise<{ thumbnail?: unknown }> {
    const rule = accessTable.dataset.readUnshared;
    await this.datasets.read(caller, pid, { rule, missing: `dataset: ${pid} not found` });
    const thumbnail = await this.attachments.thumbnailOf({ type: 'dataset', id: pid });
    return thumbnail === undefined ? {} : { thumbnail };
  }

  /** Undefined when the dataset has no proposal, or its proposal no logbook. */
  async logbook(
    caller: Caller,
    pid: string,
    filters: unknown,
    missing: string,
  ): Promise<Logbook | undefined> {
    const dataset = await this.datasets.find(pid, missing);
    if (!this.rules.allows(accessTable.dataset.readLogbook, caller, dataset))
      throw new Refusal(403, 'Unauthorized access');
    const [proposal] = dataset.proposalIds ?? [];
    return typeof proposal === 'string' ? this.logbooks.byName(proposal, filters) : undefined;
  }
}
