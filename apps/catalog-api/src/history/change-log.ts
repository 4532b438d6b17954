import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { Catalogue } from '../persistence/catalogue.js';

type Fields = Record<string, unknown>;

/** One change of one record, as the collection `History` keeps it. */
export interface Change {
  /** SciCat's collection name: `Dataset`, `Proposal` … */
  readonly subsystem: string;
  readonly documentId: string;
  readonly operation: 'create' | 'update' | 'delete';
  readonly before: Fields;
  readonly after: Fields;
  /** User name, or the name of the process. */
  readonly user: string;
}

/** Fields that change with every change, so that a delta would repeat them. */
const housekeeping = new Set(['updatedAt', 'updatedBy', '__v', 'catena']);

/** Writes the history of the collections named in `TRACKABLES`. */
@Injectable()
export class ChangeLog {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  tracks(subsystem: string): boolean {
    return this.config.history.tracked.includes(subsystem);
  }

  /** A change that is done stays done when its history cannot be written; the operator hears of it. */
  async write(changes: readonly Change[]): Promise<void> {
    const records = changes
      .filter(({ subsystem }) => this.tracks(subsystem))
      .map((change) => ({ ...change, ...this.partsOf(change), timestamp: this.clock.now(), __v: 0 }));
    if (records.length === 0) return;
    try {
      const [first] = records;
      if (records.length === 1) await this.catalogue.storeChange(first!);
      else await this.catalogue.other('History').insertMany(records);
    } catch (error) {
      const documents = records.map(({ documentId }) => documentId).slice(0, 20);
      this.logger.error({ documents, error: messageOf(error) }, 'could not write history of a change');
    }
  }

  private partsOf({ before, after, operation }: Change): { before: Fields; after: Fields } {
    if (this.config.history.strategy === 'document' || operation !== 'update') return { before, after };
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    const changed = [...names].filter(
      (name) => !housekeeping.has(name) && !isSame(before[name], after[name]),
    );
    return { before: pick(before, changed), after: pick(after, [...changed, 'updatedAt', 'updatedBy']) };
  }
}

function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.filter((name) => name in fields).map((name) => [name, fields[name]]));
}

function isSame(first: unknown, second: unknown): boolean {
  return first === second || JSON.stringify(first) === JSON.stringify(second);
}
