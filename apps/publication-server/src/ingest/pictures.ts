import { Injectable } from '@nestjs/common';
import { doiKey } from '#datacite';
import type { PublicRecord } from '#publication-feed';
import { PublicStore } from '../persistence/public-store.js';

/** Pictures beside their records: written before, removed after, so that no page refers to nothing. */
@Injectable()
export class Pictures {
  constructor(private readonly store: PublicStore) {}

  async put({ doi, pictures }: PublicRecord): Promise<void> {
    for (const { name, mediaType, base64 } of pictures)
      await this.store.pictures.replaceOne(
        { _id: `${doiKey(doi)}\n${name}` },
        { doi: doiKey(doi), mediaType, content: Buffer.from(base64, 'base64') },
        { upsert: true },
      );
  }

  async removeOthers({ doi, pictures }: PublicRecord): Promise<void> {
    const kept = pictures.map(({ name }) => `${doiKey(doi)}\n${name}`);
    await this.store.pictures.deleteMany({ doi: doiKey(doi), _id: { $nin: kept } });
  }
}
