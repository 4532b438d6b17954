import { readFile } from 'node:fs/promises';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, messageOf, PermanentError } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { Refusal } from '../domain/errors.js';
import { besideOthers } from '../persistence/beside-others.js';
import { Catalogue } from '../persistence/catalogue.js';
import { objectIdFor } from '../persistence/user-ids.js';

export interface RuntimeConfigDocument {
  readonly cid: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdBy: string;
  readonly updatedBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Settings that clients read from the database. Those with a file are rewritten from it at each start. */
@Injectable()
export class RuntimeConfigs implements OnApplicationBootstrap {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: CatalogApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws PermanentError `kernel.configuration` for a file that holds no JSON object */
  async onApplicationBootstrap(): Promise<void> {
    const files = [...this.config.edge.runtimeConfigFiles];
    const read = await Promise.all(files.map(async ([cid, file]) => ({ cid, data: await objectIn(file) })));
    void this.catalogue
      .afterStart('runtime configuration', () => this.rewrite(read))
      .catch((error: unknown) =>
        this.logger.error(
          { error: messageOf(error) },
          'could not bring the settings files into the database',
        ),
      );
  }

  /** @throws Refusal 404 */
  async get(cid: string): Promise<RuntimeConfigDocument> {
    const found = await this.configs.findOne<RuntimeConfigDocument>({ cid });
    if (found === null) throw notFound(cid);
    return found;
  }

  /** @throws Refusal 404 */
  async update(cid: string, data: object, by: string): Promise<RuntimeConfigDocument> {
    const updated = await this.configs.findOneAndUpdate(
      { cid },
      { $set: { data, updatedBy: by, updatedAt: this.clock.now() } },
      { returnDocument: 'after' },
    );
    if (updated === null) throw notFound(cid);
    return updated as unknown as RuntimeConfigDocument;
  }

  private async rewrite(read: readonly { cid: string; data: object }[]): Promise<void> {
    const now = this.clock.now();
    for (const { cid, data } of read)
      await besideOthers(() =>
        this.configs.updateOne(
          { cid },
          {
            $set: { data, updatedBy: 'system', updatedAt: now },
            // Before the index is there, the id keeps it single.
            $setOnInsert: { _id: objectIdFor('settings', cid), createdBy: 'system', createdAt: now, __v: 0 },
          },
          { upsert: true },
        ),
      );
  }

  private get configs() {
    return this.catalogue.other('RuntimeConfig');
  }
}

async function objectIn(file: string): Promise<object> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as unknown;
    if (typeof value === 'object' && value !== null) return value;
  } catch (error) {
    throw new PermanentError(
      'kernel.configuration',
      `Expected ${file} to hold JSON, found: ${messageOf(error)}. Correct the file.`,
    );
  }
  throw new PermanentError(
    'kernel.configuration',
    `Expected ${file} to hold a JSON object. Correct the file.`,
  );
}

function notFound(cid: string): Refusal {
  return new Refusal(404, `Config '${cid}' not found`);
}
