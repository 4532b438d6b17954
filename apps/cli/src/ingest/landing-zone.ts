import type { HttpClient } from '../server/http-client.js';

/** How to send one file, as the server says it. */
export type UploadLink = PutLink | MultipartLink;

export interface PutLink {
  readonly path: string;
  readonly kind: 'put';
  readonly url: string;
  /** Of a path for parcels, by a server whose archiver reads them; older ones do not say it. */
  readonly parcel?: true;
}

export interface MultipartLink {
  readonly path: string;
  readonly kind: 'multipart';
  readonly uploadId: string;
  readonly partSize: number;
  /** Of the whole file; servers before 0.3 gave all of them at once. */
  readonly totalParts?: number;
  /** The window that was asked for. */
  readonly parts: readonly PartLink[];
}

export interface PartLink {
  readonly partNumber: number;
  readonly url: string;
  /** Present when the part has arrived already. */
  readonly etag?: string;
}

interface WantedFile {
  readonly path: string;
  readonly size: number;
  readonly uploadId?: string;
  readonly firstPart?: number;
  readonly partCount?: number;
}

/** Parts whose links are asked for at once. */
export const partWindow = 100;

/** The landing zone of one dataset. */
export class LandingZone {
  private readonly base: string;

  constructor(
    private readonly client: HttpClient,
    pid: string,
  ) {
    this.base = `/api/v4/datasets/${encodeURIComponent(pid)}/landing-zone`;
  }

  get signal(): AbortSignal {
    return this.client.signal;
  }

  links(files: readonly WantedFile[]): Promise<UploadLink[]> {
    return this.client.post<UploadLink[]>(`${this.base}/links`, { files }, { repeatable: true });
  }

  complete(
    path: string,
    uploadId: string,
    parts: readonly { partNumber: number; etag: string }[],
  ): Promise<unknown> {
    return this.client.post(`${this.base}/complete`, { path, uploadId, parts });
  }

  /** Throws the parts of an upload away that nobody will complete. */
  abort(path: string, uploadId: string): Promise<unknown> {
    return this.client.delete(`${this.base}/uploads`, { path, uploadId });
  }

  /** Sizes of the files that have arrived. */
  async arrived(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    let after: string | undefined;
    for (;;) {
      const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`;
      const page = await this.client.get<{ path: string; size: number }[]>(`${this.base}${query}`);
      for (const { path, size } of page) sizes.set(path, size);
      after = page.at(-1)?.path;
      if (after === undefined) return sizes;
    }
  }
}
