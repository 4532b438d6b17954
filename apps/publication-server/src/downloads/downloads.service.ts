import { Inject, Injectable } from '@nestjs/common';
import { doiKey } from '#datacite';
import { type Logger, LOGGER } from '#observability';
import { archiveEdition, archiveFormats, ArchivePlans, isSame } from './archive-plan.js';
import { ArchiveStream } from './archive-stream.js';
import type { ByteRange, Validators } from './byte-range.js';
import { checked } from './checked-bytes.js';
import { checksumListName } from './checksum-list.js';
import { CopySource } from './copy-source.js';
import type { Wanted } from './download-address.js';
import { attachment, mediaTypeOf, reprDigest, type Headers } from './file-headers.js';
import { MemberReader, runsOf } from './member-reader.js';
import { PublishedFiles, type OpenPublication } from './published-files.js';
import { Refusal } from './refusal.js';

/** A thing that can be downloaded: what is said of it, and its bytes once a client wants them. */
export interface Download extends Validators {
  readonly size: number;
  readonly headers: Headers;
  readonly bytes: (range: ByteRange, signal: AbortSignal) => AsyncIterable<Buffer>;
  /** Throws a Refusal when there is nothing to read from; asked before the first byte. */
  readonly prove: () => Promise<void>;
  /** Whether it counts as a use of the publication. */
  readonly counts: boolean;
}

/** Files of one page of the list. */
const filesOfPage = 1000;
/** Seconds after which it makes sense to look again for files that lie on tape. */
const recallPatience = 600;

/** Finds out what there is to be sent. */
@Injectable()
export class DownloadsService {
  constructor(
    private readonly files: PublishedFiles,
    private readonly plans: ArchivePlans,
    private readonly source: CopySource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws Refusal */
  async download(
    publication: OpenPublication,
    wanted: Exclude<Wanted, { kind: 'list' | 'page' }>,
  ): Promise<Download> {
    if (wanted.kind === 'file') return this.file(publication, wanted.path);
    return wanted.kind === 'archive'
      ? this.archive(publication, wanted.format)
      : this.checksumList(publication);
  }

  /** One page of the file list. */
  async list(publication: OpenPublication, query: URLSearchParams): Promise<object> {
    const { doi, page, list, count, bytes } = publication;
    const [from, limit] = [numberIn(query, 'from', 0), numberIn(query, 'limit', filesOfPage)];
    const size = Math.max(Math.min(limit, filesOfPage), 1);
    const files = from < count ? await this.files.stretch(list, from, size) : [];
    const next = from + size < count ? `${page}/files.json?from=${from + size}&limit=${size}` : undefined;
    return {
      doi,
      count,
      bytes,
      files: files.map(({ path, size: length, time, sha256, pid }) => ({
        path,
        size: length,
        time,
        ...(sha256 === undefined ? {} : { sha256 }),
        dataset: pid,
        url: `${page}/files/${path.split('/').map(encodeURIComponent).join('/')}`,
      })),
      ...(next === undefined ? {} : { next }),
    };
  }

  private async file(publication: OpenPublication, path: string): Promise<Download> {
    const file = await this.files.file(publication, path);
    const [place] = runsOf(await this.files.places([file]));
    const sha256 = file.sha256 ?? place?.member.sha256;
    if (file.archiveId === undefined)
      throw new Refusal(404, 'neverArchived', { link: { url: publication.page, to: 'page' } });
    return {
      size: file.size,
      etag: `"${sha256 ?? `${publication.list}-${file.n}`}"`,
      modified: new Date(file.time),
      headers: {
        'content-type': mediaTypeOf(file),
        'content-disposition': attachment(path),
        ...(sha256 === undefined ? {} : { 'repr-digest': reprDigest(sha256) }),
      },
      counts: true,
      prove: async () => {
        await this.proveCopies(publication, [file.archiveId ?? '']);
        if (place === undefined) throw cold(publication);
        if (!isSame(file, place.member)) {
          this.logger.error({ doi: publication.doi, path }, 'a file is not what its publication says');
          throw new Refusal(500, 'damaged');
        }
      },
      bytes: (range, signal) => this.fileBytes(place!, file.size, range, signal),
    };
  }

  private async *fileBytes(
    place: NonNullable<ReturnType<typeof runsOf>[number]>,
    size: number,
    { first, end }: ByteRange,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer, void, undefined> {
    const reader = new MemberReader(this.source, signal);
    try {
      const chunks = reader.read(place, first, end);
      yield* first === 0 && end === size ? checked(chunks, place.member) : chunks;
    } finally {
      await reader.close();
    }
  }

  private async archive(publication: OpenPublication, name: 'zip' | 'tar'): Promise<Download> {
    const plan = await this.plans.of(publication);
    const format = archiveFormats[name];
    return {
      size: plan[name].size,
      etag: `"${publication.list}-${name}-${archiveEdition}"`,
      modified: plan.modified,
      headers: {
        'content-type': format.mediaType,
        'content-disposition': attachment(`${doiKey(publication.doi).replace(/[^a-z0-9.]+/g, '-')}.${name}`),
      },
      counts: true,
      prove: async () => {
        if (plan.unarchived !== undefined)
          throw new Refusal(404, 'notAllArchived', {
            link: { url: `${publication.page}/files.json`, to: 'files' },
          });
        await this.proveCopies(publication, plan.archiveIds);
        if (plan.lost !== undefined) throw cold(publication);
      },
      bytes: (range, signal) => new ArchiveStream(plan, format, { ...this.around(), signal }).bytes(range),
    };
  }

  private async checksumList(publication: OpenPublication): Promise<Download> {
    const plan = await this.plans.of(publication);
    const { entry, sha256 } = plan.checksums;
    return {
      size: entry.size,
      etag: `"${sha256}"`,
      modified: plan.modified,
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'content-disposition': attachment(checksumListName),
        'repr-digest': reprDigest(sha256),
      },
      counts: false,
      prove: () => Promise.resolve(),
      bytes: (range, signal) =>
        new ArchiveStream(plan, archiveFormats.tar, { ...this.around(), signal }).checksums(range),
    };
  }

  private around() {
    const { files, source, logger } = this;
    return { files, source, logger };
  }

  private async proveCopies(publication: OpenPublication, archiveIds: readonly string[]): Promise<void> {
    const readable = await this.source.readable(archiveIds);
    if (archiveIds.some((id) => !readable.has(id))) throw cold(publication);
  }
}

/** The answer for files that can be had, but not at once. */
export function cold({ page }: OpenPublication): Refusal {
  return new Refusal(202, 'onTape', {
    link: { url: `${page}/request`, to: 'request' },
    headers: { location: `${page}/request`, 'retry-after': recallPatience },
  });
}

function numberIn(query: URLSearchParams, name: string, standard: number): number {
  const text = query.get(name) ?? String(standard);
  if (!/^\d{1,9}$/.test(text)) throw new Refusal(400, 'notANumber', { value: name });
  return Number(text);
}
