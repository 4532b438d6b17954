import { Injectable } from '@nestjs/common';
import type { CertifiedDatablock } from '#certificates';
import { PermanentError, stillMoving } from '#kernel';
import { CatalogueWord } from '../catalog/catalogue-word.js';
import { Datablocks, type FoundDatablock } from '../persistence/datablocks.js';
import type { StoredDatablock } from '../persistence/records.js';
import { isDamaged, publicNames } from '../persistence/stored-copies.js';

/** Datablocks in one certificate. */
const maxCertified = 10_000;

/** What may be certified of a dataset: what the catalogue lists of it, as this archiver's own record knows it now. */
@Injectable()
export class CertifiedDatablocks {
  constructor(
    private readonly datablocks: Datablocks,
    private readonly catalogue: CatalogueWord,
  ) {}

  /**
   * In the order of their archive ids.
   *
   * @throws PermanentError `archiver.nothing-to-certify`, `archiver.not-certifiable`, `archiver.too-many-to-certify`
   */
  async of(pid: string, signal: AbortSignal): Promise<CertifiedDatablock[]> {
    const certified: CertifiedDatablock[] = [];
    for await (const archiveId of this.catalogue.listedOf(pid)) {
      stillMoving();
      signal.throwIfAborted();
      if (certified.length === maxCertified)
        throw new PermanentError(
          'archiver.too-many-to-certify',
          `Expected at most ${maxCertified} datablocks of ${pid}, found more: one certificate does not hold them.`,
        );
      certified.push(certifiedOf(provenIn(await this.datablocks.found(archiveId), { pid, archiveId })));
    }
    if (certified.length === 0)
      throw new PermanentError(
        'archiver.nothing-to-certify',
        `Expected datablocks of ${pid} in the catalogue, found none: it is not archived any more.`,
      );
    return certified.sort((one, other) => (one.archiveId < other.archiveId ? -1 : 1));
  }
}

/** One that has no blemish, whatever the catalogue says of it. */
function provenIn(
  known: FoundDatablock | undefined,
  { pid, archiveId }: { readonly pid: string; readonly archiveId: string },
): StoredDatablock {
  const refuse = (found: string): PermanentError =>
    new PermanentError(
      'archiver.not-certifiable',
      `Expected ${archiveId} of ${pid} verified on long-term storage, found ${found}. Mend that and have the dataset verified: that issues a certificate.`,
      { details: { pid, archiveId } },
    );
  if (known === undefined) throw refuse('that this archiver has not archived it');
  if (known.pid !== pid) throw refuse('that it is one of another dataset');
  if (known.state !== 'verified') throw refuse('it discarded');
  const { copies = [] } = known;
  if (copies.length === 0) throw refuse('no copy of it');
  const names = publicNames(copies);
  const damaged = names.filter((_, index) => isDamaged(copies[index]!));
  if (damaged.length > 0) throw refuse(`damaged: ${damaged.join(', ')}`);
  return known as StoredDatablock;
}

function certifiedOf(datablock: StoredDatablock): CertifiedDatablock {
  const { _id, size, packedSize, fileCount, sha256, manifest, copies } = datablock;
  const names = publicNames(copies);
  return {
    ...{ archiveId: _id, bytes: size, packedSize, fileCount, sha256, manifestSha256: manifest.sha256 },
    copies: copies.map(({ verifiedAt }, index) => ({
      target: names[index]!,
      verifiedAt: verifiedAt.toISOString(),
    })),
  };
}
