import { Inject, Injectable } from '@nestjs/common';
import { doiKey } from '#datacite';
import { Clock, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { rowsWithIds } from '#persistence';
import { PublicationTargets } from '../accept-publications/publication-targets.js';
import { PublisherStore } from '../persistence/publisher-store.js';
import type { Publication } from '../persistence/records.js';
import { ConfigToken, type PublisherConfig } from '../publisher.config.js';
import { PublicationRunner } from '../run-publications/publication-runner.js';
import { Comparisons } from './comparisons.js';

/** What one comparison found. Everything but `unknown` is mended by the run that found it. */
export interface Findings {
  /** In the catalogue, not (or older) here. */
  readonly missed: number;
  /** Here, no longer in the catalogue. */
  readonly gone: number;
  /** Missing or different in the public store. */
  readonly unpushed: number;
  /** In the public store, and nobody here knows why: for people to look at. */
  readonly unknown: readonly string[];
  /** How many those are: `unknown` names some of them only. */
  readonly unknownCount: number;
  /** Different at DataCite. */
  readonly drifted: number;
  readonly checked: Checked;
  readonly at: Date;
}

/** How much of what there is was compared. */
export interface Checked {
  /** Those whose content was compared with the public store. */
  readonly publications: number;
  /** Those that were not: blocked, under way, or pushed while it was compared. */
  readonly skipped: number;
  /** Those that DataCite was asked about. */
  readonly dois: number;
  /** Those it was not asked about: RECONCILE_DOIS are asked about at once, and none that is blocked or under way. */
  readonly doisLeft: number;
}

/** Rows of our own table in one read. */
const page = 1000;
const maxUnknown = 100;

/**
 * Compares all four places regularly: catalogue, own table, public store, DataCite. Whatever was lost on the way (a
 * restored database, a change by hand at DataCite) is found and put right, in either direction.
 */
@Injectable()
export class Reconciliation extends HostedLoop {
  /** Of the last run in this process. */
  last: Findings | undefined;

  constructor(
    private readonly store: PublisherStore,
    private readonly comparisons: Comparisons,
    private readonly targets: PublicationTargets,
    private readonly runner: PublicationRunner,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: PublisherConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      name: 'comparison of catalogue, public store and DataCite',
      pause: config.reconcile.interval,
      logger,
      fault: 'could not compare, trying again later',
      ready: () => store.whenReady(),
      // Messages come first.
      restsFirst: true,
    });
  }

  async round(): Promise<void> {
    await this.run();
  }

  async run(): Promise<Findings> {
    const { missed, drafts } = await this.compareCatalogue();
    const { publications, skipped, ...found } = await this.comparePublicStore(drafts);
    const { drifted, dois, doisLeft } = await this.compareDatacite();
    const checked = { publications, skipped, dois, doisLeft };
    this.last = { missed, ...found, drifted, checked, at: this.clock.now() };
    const { unknown, unknownCount } = found;
    this.logger.info(
      { ...this.last, unknown: unknownCount },
      'compared catalogue, public store and DataCite',
    );
    if (unknown.length > 0)
      this.logger.error(
        { dois: unknown.slice(0, 20) },
        'the public store shows publications that nobody here knows: withdraw them there, or restore this database',
      );
    this.runner.wake();
    return this.last;
  }

  /** @returns the drafts that the catalogue has, beside the number of wishes that were missed */
  private async compareCatalogue(): Promise<{ missed: number; drafts: ReadonlySet<string> }> {
    const drafts = new Set<string>();
    let missed = 0;
    for await (const rows of this.comparisons.cataloguePages()) {
      stillMoving();
      const known = await this.versionsOf(rows.map(({ doi }) => doi));
      for (const { doi, version, wanted } of rows) {
        this.stopping.throwIfAborted();
        if (wanted === 'draft') drafts.add(doi);
        if (wanted === 'nothing' || version <= (known.get(doi) ?? 0)) continue;
        const withdrawal = wanted === 'withdrawn' ? await this.comparisons.withdrawalOf(doi) : undefined;
        if (await this.targets.note(doi, version, wanted, withdrawal)) missed += 1;
      }
    }
    return { missed, drafts };
  }

  private async versionsOf(dois: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = await rowsWithIds<Pick<Publication, '_id' | 'version'>>(this.store.publications, dois, {
      projection: { version: 1 },
    });
    return new Map(found.map(({ _id, version }) => [_id, version]));
  }

  /** Both tables are read once, in the order of their keys. */
  private async comparePublicStore(drafts: ReadonlySet<string>): Promise<{
    gone: number;
    unpushed: number;
    unknown: string[];
    unknownCount: number;
    publications: number;
    skipped: number;
  }> {
    const began = this.clock.now();
    const theirs = new Map<string, string>();
    for await (const { doi, digest } of this.comparisons.publicRows()) {
      stillMoving();
      theirs.set(doi, digest);
    }
    const counts = { gone: 0, unpushed: 0, publications: 0, skipped: 0 };
    for await (const ours of this.ownRows()) {
      stillMoving();
      this.stopping.throwIfAborted();
      const key = doiKey(ours._id);
      const digest = theirs.get(key);
      theirs.delete(key);
      // What was pushed since the digest was read is not in it.
      const isNew = ours.pushed !== undefined && ours.pushed.at >= began;
      if (ours.dueAt !== undefined || ours.blocked !== undefined || isNew) {
        counts.skipped += 1;
        continue;
      }
      counts.publications += 1;
      if (ours.pushed !== undefined && digest !== ours.pushed.digest) {
        // Its parts were thrown away after the push: the content is read anew.
        const found = { stale: ours.wanted === 'published', pushed: { ...ours.pushed, lost: true } };
        if (await this.targets.mend(ours, found)) counts.unpushed += 1;
      } else if (
        ours.wanted === 'draft' &&
        !drafts.has(ours._id) &&
        !(await this.comparisons.isInCatalogue(ours._id))
      ) {
        if (await this.targets.mend(ours, { stale: true })) counts.gone += 1;
      }
    }
    return { ...counts, unknown: [...theirs.keys()].slice(0, maxUnknown), unknownCount: theirs.size };
  }

  /** Some at a time, those first that were not looked at longest. */
  private async compareDatacite(): Promise<{ drifted: number; dois: number; doisLeft: number }> {
    const most = this.config.reconcile.dois;
    const known = await this.store.publications.countDocuments({ 'doi.checkedAt': { $exists: true } });
    if (this.config.datacite === undefined || most === 0) return { drifted: 0, dois: 0, doisLeft: known };
    const oldest = await this.store.publications
      .find(
        {
          'doi.checkedAt': { $exists: true },
          dueAt: { $exists: false },
          // What was refused is not sent again behind its author's back.
          blocked: { $exists: false },
        },
        { projection: { doi: 1, epoch: 1 } },
      )
      .sort({ 'doi.checkedAt': 1 })
      .limit(most)
      .toArray();
    let drifted = 0;
    for (const { _id, doi, epoch } of oldest) {
      stillMoving();
      this.stopping.throwIfAborted();
      const there = await this.comparisons.registered(_id);
      const now = this.clock.now();
      if (there !== undefined && there.digest === doi.readBack) {
        await this.store.publications.updateOne({ _id, epoch }, { $set: { 'doi.checkedAt': now } });
        continue;
      }
      const { attributesDigest: _, readBack: _r, ...rest } = doi;
      const found = { doi: { ...rest, state: there?.state ?? ('none' as const), checkedAt: now } };
      // A worker has changed it since it was listed.
      if (!(await this.targets.mend({ _id, epoch }, found))) continue;
      drifted += 1;
      this.logger.warn(
        { doi: _id, state: there?.state ?? 'none', expected: doi.state },
        'DataCite says something else',
      );
    }
    return { drifted, dois: oldest.length, doisLeft: Math.max(known - oldest.length, 0) };
  }

  private async *ownRows(): AsyncGenerator<Publication> {
    for (let after = ''; ;) {
      const rows = await this.store.publications
        .find({ _id: { $gt: after } }, { projection: { outbox: 0 } })
        .sort({ _id: 1 })
        .limit(page)
        .toArray();
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last._id;
    }
  }
}
