import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { codeOf, messageOf, PermanentError, TransientError } from '#kernel';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import type { StoredDatablock } from '../persistence/records.js';
import { begun, checked } from '../retrieve-datablock/checked-bytes.js';

/** In the retrieval bucket; the names of datablocks there end with `.tar`, those of uploads with a number. */
const folder = 'outside-uploads/';

/** What workers of outside targets upload: each link is for one key of its own, so that a late upload meets no other one. */
@Injectable()
export class Uploads {
  constructor(
    private readonly objects: ObjectStore,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /** @param offer the work order that offers the link */
  link(offer: string, size: number, milliseconds: number): Promise<string> {
    const { retrievalBucket } = this.config;
    return this.objects.presignedPut(retrievalBucket, keyOf(offer), size, Math.floor(milliseconds / 1000));
  }

  /**
   * Makes the upload the retrieved copy, in one pass: the copy appears only if the checksum agreed at the last byte.
   *
   * @throws PermanentError `archiver.upload-wrong` when it is not what was archived: it goes at once; TransientError
   * `archiver.upload-missing`
   */
  async take(
    offer: string,
    { _id, packedSize, sha256 }: StoredDatablock,
    context: WorkContext,
  ): Promise<void> {
    const { retrievalBucket: bucket } = this.config;
    const head = await this.objects.head(bucket, keyOf(offer));
    if (head === undefined)
      throw new TransientError(
        'archiver.upload-missing',
        `Expected an upload of ${_id} by an outside worker, found none. The worker says copy-recalled once its PUT was answered with 200.`,
      );
    try {
      const { body: source } = await this.objects.open(bucket, keyOf(offer));
      const bytes = checked(source as AsyncIterable<Buffer>, {
        ...{ name: _id, share: 'the upload of an outside worker', packedSize, sha256, context },
      });
      const body = Readable.from(await begun(bytes), { objectMode: false });
      await this.objects.put(bucket, _id, body, {
        ...{ size: packedSize, contentType: 'application/x-tar', metadata: { sha256 } },
      });
    } catch (error) {
      if (!['archiver.copy-damaged', 'storage.size-mismatch'].includes(codeOf(error, ''))) throw error;
      await this.remove(offer);
      throw new PermanentError('archiver.upload-wrong', messageOf(error), { cause: error });
    }
  }

  remove(offer: string): Promise<void> {
    return this.objects.remove(this.config.retrievalBucket, [keyOf(offer)]);
  }

  /** Those that came before, and that nobody has taken. */
  async *leftBefore(moment: Date): AsyncGenerator<{ readonly key: string; readonly offer: string }> {
    for await (const { key, modifiedAt } of this.objects.list(this.config.retrievalBucket, folder))
      if (modifiedAt < moment) yield { key, offer: key.slice(folder.length) };
  }

  removeKey(key: string): Promise<void> {
    return this.objects.remove(this.config.retrievalBucket, [key]);
  }
}

function keyOf(offer: string): string {
  return `${folder}${offer}`;
}
