import { Injectable } from '@nestjs/common';
import { IngestorStore } from '../persistence/ingestor-store.js';

/** Uploads in parts that ingestors have open. */
@Injectable()
export class KnownMultiparts {
  constructor(private readonly store: IngestorStore) {}

  /** Whether an upload in parts at the store belongs to one of them. */
  async has(key: string, multipart: string): Promise<boolean> {
    const found = await this.store.files.findOne(
      { key, 'multipart.id': multipart },
      { projection: { _id: 1 } },
    );
    return found !== null;
  }
}
