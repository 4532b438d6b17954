import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { ReconciliationCheck, type Finding, type Look, type RepairOutcome } from '#service-host';
import { ObjectStore, type ListedObject } from '#storage';
import { ConfigToken, SharesToken, type ArchiverConfig } from '../archiver.config.js';
import { CatalogueWord } from '../catalog/catalogue-word.js';
import { ReconciledRecords } from '../persistence/reconciled-records.js';
import { namedBy } from './names-of-files.js';

/** What lies below each, and how the name of the datablock is cut out of a key. */
const folders = [
  { prefix: 'manifests/', ending: '.json' },
  { prefix: 'originals/', ending: '.ndjson' },
] as const;
const page = 100;

interface Seen {
  readonly archiveId: string;
  readonly object: ListedObject;
}

/**
 * Lists in the control bucket of datablocks that are gone: of no target of the installation a file has their name. Where one target cannot
 * be looked at, for it is away or another archiver serves it, none are judged: the list may be what is known of a tar there.
 */
@Injectable()
export class ControlObjects extends ReconciliationCheck {
  readonly name = 'manifests and lists of originals';

  constructor(
    private readonly records: ReconciledRecords,
    private readonly catalogue: CatalogueWord,
    private readonly objects: ObjectStore,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {
    super();
  }

  async *findings(look: Look): AsyncGenerator<Finding> {
    const unserved = this.unserved();
    if (unserved.length > 0)
      look.skip(`lists of datablocks that may lie on ${unserved.join(', ')}: not served by this archiver`);
    for (const { prefix, ending } of folders) {
      let some: Seen[] = [];
      for await (const object of this.objects.list(this.config.controlBucket, prefix)) {
        look.looked();
        if (object.modifiedAt > look.oldEnough || !object.key.endsWith(ending)) continue;
        some.push({ archiveId: object.key.slice(prefix.length, -ending.length), object });
        if (some.length < page) continue;
        yield* this.without(some, look);
        some = [];
      }
      yield* this.without(some, look);
      await look.sawAll(prefix);
    }
  }

  /**
   * Under a mark that no late record of the datablock paints over: an archival that is accepted meanwhile finds that its record is
   * refused, tries again, and writes its lists anew.
   */
  async repair({ seen }: Finding): Promise<RepairOutcome> {
    const { archiveId, object } = seen as Seen;
    const owner = namedBy(archiveId);
    if (owner === undefined) return 'changed';
    const markedAt = this.clock.now();
    if (!(await this.records.markUnrecorded({ _id: archiveId, ...owner }, markedAt))) return 'changed';
    try {
      if (await this.records.isNamed(archiveId)) return 'changed';
      if (await this.catalogue.lists({ pid: owner.pid, archiveId })) return 'changed';
      if (this.unserved().length > 0 || (await this.liesSomewhere(archiveId))) return 'changed';
      const others = await this.objects.removeUnchanged(this.config.controlBucket, [object]);
      return others.length === 0 ? 'repaired' : 'changed';
    } finally {
      await this.records.unmark(archiveId, markedAt);
    }
  }

  private async *without(some: readonly Seen[], look: Look): AsyncGenerator<Finding> {
    const known = await this.records.known(some.map(({ archiveId }) => archiveId));
    for (const { archiveId, object } of some) {
      if (known.has(archiveId) || (await this.records.isNamed(archiveId))) continue;
      // The list of a datablock whose record was lost is what is known of it.
      if (await this.catalogue.listsName(archiveId)) continue;
      // Its tar may lie on a share, and be set aside once a second run has seen it: the list goes after that at the earliest.
      if (!(await look.isOldNews(prefixOf(object.key), `${object.key}\n${object.etag}`))) continue;
      if (!(await this.isNowhere(archiveId, object.key, look))) continue;
      yield {
        ...{
          kind: 'list-without-datablock',
          subject: object.key,
          canRepair: namedBy(archiveId) !== undefined,
        },
        where: `bucket ${this.config.controlBucket}`,
        expected: `a record of ${archiveId}, work that names it, or a file of that name on long-term storage`,
        found: 'none of them',
        remedy: 'removed',
        seen: { archiveId, object } satisfies Seen,
      };
    }
  }

  /** Proven of every target; what cannot be looked at is skipped by name. */
  private async isNowhere(archiveId: string, key: string, look: Look): Promise<boolean> {
    if (this.unserved().length > 0) return false;
    try {
      return !(await this.liesSomewhere(archiveId));
    } catch (error) {
      look.skip(`${key}: ${messageOf(error)}`);
      return false;
    }
  }

  private async liesSomewhere(archiveId: string): Promise<boolean> {
    for (const share of this.shares) if ((await share.stat(archiveId)) !== undefined) return true;
    return false;
  }

  /** Targets of the installation that this archiver cannot look at; without ROUTES_FILE it has all there are. */
  private unserved(): string[] {
    const served = this.shares.map(({ name }) => name);
    return this.config.targetNames.filter((name) => !served.includes(name));
  }
}

function prefixOf(key: string): string {
  return key.slice(0, key.indexOf('/') + 1);
}
