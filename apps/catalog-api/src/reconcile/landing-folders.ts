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
 * Files in the landing zone that nobody needs: those of datasets that are gone. Files of a dataset that may still be archived are its only
 * copy, and are never touched; those of archived ones are released by the archiver alone, which knows what it has read.
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
        yield findingOf(bucket, pid, object, fate);
    }
    await look.sawAll(bucket);
  }

  /** Exactly what was seen: what a client has written there since is another version. */
  async repair({ seen }: Finding): Promise<RepairOutcome> {
    const { pid, object } = seen as Seen;
    if ((await this.fateOf(pid)) !== 'gone') return 'changed';
    const others = await this.objects.removeUnchanged(this.config.landingZone.bucket, [object]);
    return others.length === 0 ? 'repaired' : 'changed';
  }

  private async fateOf(pid: string): Promise<Fate> {
    const dataset = await this.evidence.dataset(pid);
    if (dataset === undefined) return 'gone';
    const { archivable, retrievable } = dataset.datasetlifecycle;
    if (archivable || !retrievable) return 'needed';
    const { datablocks, isWorkedOn } = await this.evidence.of(pid);
    return datablocks.count > 0 && !isWorkedOn ? 'archived' : 'needed';
  }
}

function findingOf(bucket: string, pid: string, object: ListedObject, fate: 'gone' | 'archived'): Finding {
  const about = {
    subject: object.key,
    where: `bucket ${bucket}`,
    found: `${object.size} bytes of ${object.modifiedAt.toISOString()}`,
  };
  if (fate === 'gone')
    return {
      ...{ kind: 'landing-dataset-gone', ...about, canRepair: true },
      expected: `a dataset ${pid}`,
      remedy: 'removed: its dataset is gone',
      seen: { pid, object } satisfies Seen,
    };
  return {
    ...{ kind: 'landing-not-released', ...about, canRepair: false },
    expected: `none: dataset ${pid} is archived and registered`,
    remedy: 'the job that archived it says which originals were kept, and why; nothing is removed here',
  };
}
