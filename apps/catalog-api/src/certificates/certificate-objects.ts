import { Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import { pidAsName } from '#kernel';
import type { CertificateRecord } from '../persistence/records.js';

/** Certificates themselves, in the control bucket: `certificates/<dataset>/<when>,<order>,<try>.json`. The archiver writes them. */
@Injectable()
export class CertificateObjects {
  constructor(private readonly claimChecks: ClaimChecks) {}

  /** @throws as `ClaimChecks.read`; SyntaxError when it is no JSON */
  async read({ reference }: Pick<CertificateRecord, 'reference'>): Promise<unknown> {
    return JSON.parse((await this.claimChecks.read(reference)).toString('utf8'));
  }

  /**
   * Removes those that are older than the oldest one that is kept, and with them what tries left that ended otherwise: names begin
   * with the time. What is newer may be on its way.
   */
  async removeOlder(pid: string, oldest: Pick<CertificateRecord, 'reference'>): Promise<void> {
    for await (const keys of this.claimChecks.keysBelow(folderOf(pid))) {
      const old = keys.filter((key) => key < oldest.reference.key);
      if (old.length > 0) await this.claimChecks.remove(old);
    }
  }

  /** Of a dataset that is gone. */
  removeAll(pid: string): Promise<void> {
    return this.claimChecks.removeBelow(folderOf(pid));
  }
}

function folderOf(pid: string): string {
  return `certificates/${pidAsName(pid)}/`;
}
