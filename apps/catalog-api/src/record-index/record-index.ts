import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf, stillMoving, wait } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { kindOf, storedName, type ResourceShape } from '../domain/field-query.js';
import { Catalogue, type CollectionName } from '../persistence/catalogue.js';
import type { FacetRow } from '../persistence/facets.js';
import type { BitSet } from './bit-set.js';
import { IndexedCollection, type HeldRecords } from './indexed-collection.js';
import { datasetFields, jobFields } from './indexed-fields.js';
import type { RecordTable } from './record-table.js';
import { RemovedRecords } from './removed-records.js';
import { facetRows } from './facet-rows.js';
import { patience as wordsPatience } from './searched-words.js';
import { selectedBy } from './selection.js';
import { sortedPage, type PageOrder } from './sorted-page.js';

type Condition = Readonly<Record<string, unknown>>;

/** Milliseconds between two looks at what was changed, where nobody asks. */
const pause = 10_000;
/** Milliseconds that a question waits until the table is as new as it; then the database is asked. */
const patience = 1000;
/** Milliseconds between two pages of a comparison. */
const comparingPause = 100;

interface Asked {
  readonly collection: CollectionName;
  readonly condition: Condition;
  /** What is asked of the records that meet it. */
  readonly question: object;
}

/** What the table counts of records that meet a condition. */
export interface Counted {
  readonly total: number;
  /** Of each field that the table can tell of. */
  readonly rows: Readonly<Record<string, readonly FacetRow[]>>;
}

/**
 * Large collections in memory, for what a database is slow in: counting by values, and one page of many sorted records. It
 * answers as new as the question: every answer is preceded by a look at what was written before. Where it cannot tell, the
 * database is asked.
 */
@Injectable()
export class RecordIndex extends HostedLoop {
  private readonly collections: ReadonlyMap<CollectionName, IndexedCollection>;

  constructor(
    catalogue: Catalogue,
    removed: RemovedRecords,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      ...{ name: 'follow changes of records', pause, logger, fault: 'could not follow changes of records' },
      ready: () => catalogue.whenIndexed(),
    });
    const indexed = (name: CollectionName, id: string, fields: typeof datasetFields): IndexedCollection =>
      new IndexedCollection({ name, ids: new Set(['_id', id]), fields }, catalogue, removed, clock);
    this.collections = new Map([
      ['Dataset', indexed('Dataset', 'pid', datasetFields)],
      ['Job', indexed('Job', 'id', jobFields)],
    ]);
  }

  /** @returns undefined where the database has to be asked */
  async count(
    collection: CollectionName,
    condition: Condition,
    facets: readonly string[] = [],
    shape?: ResourceShape,
  ): Promise<Counted | undefined> {
    return this.answer(
      { collection, condition, question: { facets } },
      (table, selected) => {
        const rows: Record<string, readonly FacetRow[]> = {};
        for (const facet of facets) {
          const field = storedName(facet, shape!);
          const found = facetRows(table, { field, kind: kindOf(field, shape!)! }, selected);
          if (found !== undefined) rows[facet] = found;
        }
        return { total: selected.size, rows };
      },
      (counted) => Object.values(counted?.rows ?? {}).reduce((sum, { length }) => sum + length, 1),
    );
  }

  /** The ids of one page, in their order. @returns undefined where the database has to be asked */
  async page(
    collection: CollectionName,
    condition: Condition,
    order: PageOrder,
  ): Promise<readonly string[] | undefined> {
    return this.answer(
      { collection, condition, question: { order, sort: Object.entries(order.sort) } },
      (table, selected) => sortedPage(table, selected, order),
      (page) => 1 + (page?.length ?? 0),
    );
  }

  async round(): Promise<void> {
    const { from, upTo, comparedEvery } = this.config.recordIndex;
    for (const [name, collection] of this.collections) {
      if (this.stopping.aborted) return;
      const count = await collection.estimatedCount();
      // One that is held is let go of somewhat later: it would come and go otherwise.
      const [least, most] = collection.held === undefined ? [from, upTo] : [from / 2, upTo * 1.1];
      if (count < least || count > most) {
        collection.forget();
        continue;
      }
      const begun = this.clock.now().getTime();
      if (await collection.follow(count, this.stopping))
        this.logger.info(
          {
            collection: name,
            records: collection.count,
            seconds: (this.clock.now().getTime() - begun) / 1000,
          },
          'records are indexed in memory',
        );
      const wrong = await collection.compare(comparedEvery, () => this.rest(), this.stopping);
      if (wrong > 0)
        this.logger.error(
          { collection: name, records: wrong },
          'records were changed or removed without saying when: lists and counts had them wrong until now',
        );
    }
  }

  /** Of the records that meet the condition; what was answered before is known until something changes. */
  private async answer<Answer>(
    { collection, condition, question }: Asked,
    find: (table: RecordTable, selected: BitSet) => Answer | undefined,
    sizeOf: (answer: Answer | undefined) => number,
  ): Promise<Answer | undefined> {
    // Words are looked for while changes are; what has changed by then is looked at below.
    const until = performance.now() + wordsPatience;
    const early = this.collections.get(collection)?.held?.words.resolved(condition, until);
    const [current] = await Promise.all([this.current(collection), early]);
    if (current === undefined) return undefined;
    const { table, answers, ids, words } = current;
    const asked = await words.resolved(condition, until);
    const found = (): Answer | undefined => {
      const selected = selectedBy(table, asked, ids);
      return selected && find(table, selected);
    };
    return answers.of(table.version, { condition: asked, question }, found, sizeOf);
  }

  private async current(name: CollectionName): Promise<HeldRecords | undefined> {
    const collection = this.collections.get(name);
    if (collection?.held === undefined) return undefined;
    const stop = new AbortController();
    try {
      const isCurrent = await Promise.race([
        collection.catchUp().then(() => true),
        wait(patience, stop.signal).then(() => false),
      ]);
      return isCurrent ? collection.held : undefined;
    } catch (error) {
      this.logger.warn({ collection: name, error: messageOf(error) }, 'could not look at what was changed');
      return undefined;
    } finally {
      stop.abort();
    }
  }

  private async rest(): Promise<void> {
    stillMoving();
    await wait(comparingPause, this.stopping);
  }
}
