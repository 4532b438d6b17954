import { Inject, Injectable } from '@nestjs/common';
import { pidOfName } from '#kernel';
import { ReconciliationCheck, type Finding, type Look, type RepairOutcome } from '#service-host';
import { ObjectStore, type ListedObject } from '#storage';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { DatasetEvidence } from './dataset-evidence.js';

interface Seen {
  readonly pid: string;
  readonly object: ListedObject;
}

type Fate = 'needed' | 'gone' | 'archived';

/**
 * Files in the landing zone that nobody needs: those of datasets that were deleted. Files of a dataset that may still be archived are its
 * only copy, and are never touched, nor are those of one that the catalogue may have lost; those of archived ones are released by the
 * archiver alone, which knows what it has read.
 */
@Injectable()
export class LandingFolders extends ReconciliationCheck {
  readonly name = 'landing zone';

  constructor(
    private readonly evidence: DatasetEvidence,
    private readonly objects: ObjectStore,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    const { bucket } = this.config.landingZone;
    let [folder, fate]: [string, Fate] = ['', 'needed'];
    for await (const object of this.objects.list(bucket, '')) {
      look.looked();
      const [name = ''] = object.key.split('/');
      const pid = pidOfName(name);
      if (pid === undefined) continue;
      if (name !== folder) [folder, fate] = [name, await this.fateOf(pid)];
      if (fate === 'needed' || object.modifiedAt > look.oldEnough) continue;
      if (await look.isOldNews(bucket, `${fate}\n${object.key}\n${object.etag}`))
        yield fate === 'gone' ? await this.gone(pid, object) : notReleased(bucket, pid, object);
    }
    await look.sawAll(bucket);
  }

  /** Exactly what was seen: what a client has written there since is another version. */
  async repair({ seen }: Finding): Promise<RepairOutcome> {
    const { pid, object } = seen as Seen;
    if (!(await this.evidence.wasDeleted(pid, object.modifiedAt))) return 'changed';
    if ((await this.fateOf(pid)) !== 'gone') return 'changed';
    const others = await this.objects.removeUnchanged(this.config.landingZone.bucket, [object]);
    return others.length === 0 ? 'repaired' : 'changed';
  }

  private async gone(pid: string, object: ListedObject): Promise<Finding> {
    const canRepair = await this.evidence.wasDeleted(pid, object.modifiedAt);
    return {
      ...{ kind: 'landing-dataset-gone', ...about(this.config.landingZone.bucket, object), canRepair },
      expected: `a dataset ${pid}`,
      remedy: canRepair
        ? 'removed: its dataset was deleted'
        : 'no history (TRACKABLES) says that it was deleted: restore the dataset, or remove the file by hand',
      seen: { pid, object } satisfies Seen,
    };
  }

  private async fateOf(pid: string): Promise<Fate> {
    const dataset = await this.evidence.dataset(pid);
    if (dataset === undefined) return 'gone';
    // Of a dataset without flags nobody can say that it was archived.
    const { archivable, retrievable } = dataset.datasetlifecycle ?? {};
    if (archivable !== false || retrievable !== true) return 'needed';
    const { datablocks, isWorkedOn } = await this.evidence.of(pid);
    return datablocks.count > 0 && !isWorkedOn ? 'archived' : 'needed';
  }
}

function notReleased(bucket: string, pid: string, object: ListedObject): Finding {
  return {
    ...{ kind: 'landing-not-released', ...about(bucket, object), canRepair: false },
    expected: `none: dataset ${pid} is archived and registered`,
    remedy: 'the job that archived it says which originals were kept, and why; nothing is removed here',
  };
}

function about(bucket: string, { key, size, modifiedAt }: ListedObject) {
  const found = `${size} bytes of ${modifiedAt.toISOString()}`;
  return { subject: key, where: `bucket ${bucket}`, found };
}
