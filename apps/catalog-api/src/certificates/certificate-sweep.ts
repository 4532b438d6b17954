import { Inject, Injectable } from '@nestjs/common';
import { stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { Catalogue } from '../persistence/catalogue.js';
import { CertificateObjects } from './certificate-objects.js';
import { CertificateRecords } from './certificate-records.js';

const interval = 6 * 3_600_000;
const page = 500;

/** Forgets certificates of datasets that are gone: first what lies in the bucket, so that a crash leaves a reason to look again. */
@Injectable()
export class CertificateSweep extends HostedLoop {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly records: CertificateRecords,
    private readonly objects: CertificateObjects,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'sweep of certificates',
      pause: interval,
      logger,
      fault: 'could not remove certificates of datasets that are gone',
      ready: () => catalogue.whenIndexed(),
    });
  }

  async round(): Promise<void> {
    await this.sweep((after) => this.records.pidsAfter(after, page));
    await this.sweep((after) => this.records.refusedAfter(after, page));
  }

  private async sweep(pidsAfter: (pid: string) => Promise<string[]>): Promise<void> {
    for (let after: string | undefined = ''; after !== undefined;) {
      stillMoving();
      if (this.stopping.aborted) return;
      const pids: string[] = await pidsAfter(after);
      const known = new Set((await this.catalogue.datasetsOf(pids, [])).map(({ _id }) => _id));
      const gone = pids.filter((pid) => !known.has(pid));
      for (const pid of gone) await this.objects.removeAll(pid);
      if (gone.length > 0) await this.records.forget(gone);
      after = pids.at(-1);
    }
  }
}
