import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { compositeOf, ProtocolCaller, sha256Of, type ProtocolAnswer } from './protocol-caller.js';
import type { ListedEntry, Person, UploadFacility } from './upload-facility.js';

export interface ContentFile {
  readonly path: string;
  readonly content: Buffer;
}

export interface SentPart {
  readonly part_number: number;
  readonly etag: string;
  readonly checksum_sha256: string;
}

/** Bytes: stores take no smaller part, but as the last one. */
export const partSize = 5 * 2 ** 20;

/** People with their tokens, and the uploads that a test began: they are thrown away after it. */
export class UploadScene {
  readonly caller: ProtocolCaller;
  private readonly tokens = new Map<Person, Promise<string>>();
  private readonly begun: { person: Person; pid: string }[] = [];

  constructor(readonly facility: UploadFacility) {
    this.caller = new ProtocolCaller(facility.baseUrl);
  }

  /** The person's grant that the tests share. */
  token(person: Person = 'uploader'): Promise<string> {
    const known = this.tokens.get(person);
    if (known !== undefined) return known;
    const token = this.newGrant(person).then(({ access_token }) => String(access_token));
    this.tokens.set(person, token);
    return token;
  }

  async newGrant(person: Person): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.caller.post('/token', { token: await this.facility.scicatTokenOf(person) });
    assert.equal(answer.status, 201, answer.text);
    return answer.json!;
  }

  /** A call of `/s3/…` with the person's token. */
  async s3(call: string, body: object, person: Person = 'uploader'): Promise<ProtocolAnswer> {
    return this.caller.post(`/s3/${call}`, { token: await this.token(person), body });
  }

  async request(pid: string, gibibytes = 0, person: Person = 'uploader'): Promise<ProtocolAnswer> {
    this.begun.push({ person, pid });
    return this.s3('requestDatasetUpload', { dataset_id: pid, dataset_size_gib: gibibytes }, person);
  }

  /** A dataset with these files and an open upload. */
  async opened(files: readonly (ContentFile | ListedEntry)[], person: Person = 'uploader'): Promise<string> {
    const pid = await this.facility.newDataset(person, files.map(entryOf));
    const answer = await this.request(pid, 0, person);
    assert.equal(answer.status, 201, answer.text);
    return pid;
  }

  /** Decoded addresses. */
  async urls(
    pid: string,
    path: string,
    parts = 1,
    token?: string,
  ): Promise<{ uploadId: string; urls: string[] }> {
    const answer = await this.caller.post('/s3/presignedUrls', {
      token: token ?? (await this.token()),
      body: { dataset_id: pid, object_name: nameOf(pid, path), parts },
    });
    assert.equal(answer.status, 201, answer.text);
    const { upload_id: uploadId, urls } = answer.json as { upload_id: string; urls: string[] };
    return { uploadId, urls: urls.map((url) => Buffer.from(url, 'base64').toString()) };
  }

  /** Sends a whole file. */
  async sendWhole(pid: string, { path, content }: ContentFile, token?: string): Promise<void> {
    const { urls } = await this.urls(pid, path, 1, token);
    const answer = await this.caller.put(urls[0]!, content);
    assert.equal(answer.status, 200, answer.text);
  }

  /** Sends these parts, and puts nothing together. */
  async sendParts(
    pid: string,
    path: string,
    contents: readonly Buffer[],
  ): Promise<{ uploadId: string; urls: readonly string[]; parts: SentPart[] }> {
    const { uploadId, urls } = await this.urls(pid, path, contents.length);
    const parts = await Promise.all(
      contents.map(async (content, index) => this.sendPart(urls[index]!, content, index + 1)),
    );
    return { uploadId, urls, parts };
  }

  async sendPart(url: string, content: Buffer, number: number): Promise<SentPart> {
    const answer = await this.caller.put(url, content);
    assert.equal(answer.status, 200, answer.text);
    return { part_number: number, etag: etagOf(answer), checksum_sha256: sha256Of(content) };
  }

  complete(
    pid: string,
    path: string,
    uploadId: string,
    parts: readonly object[],
    composite: string,
  ): Promise<ProtocolAnswer> {
    return this.s3('completeUpload', {
      ...{ dataset_id: pid, object_name: nameOf(pid, path), upload_id: uploadId },
      ...{ parts, checksum_sha256: composite },
    });
  }

  /** Sends and puts together a file in parts. */
  async sendInParts(pid: string, path: string, contents: readonly Buffer[]): Promise<ProtocolAnswer> {
    const { uploadId, parts } = await this.sendParts(pid, path, contents);
    const answer = await this.complete(pid, path, uploadId, parts, compositeOf(contents));
    assert.equal(answer.status, 201, answer.text);
    return answer;
  }

  finalize(pid: string, more: object = {}, person: Person = 'uploader'): Promise<ProtocolAnswer> {
    const { username, group } = this.facility.people[person];
    return this.s3(
      'finalizeDatasetUpload',
      {
        ...{ dataset_id: pid, create_archiving_job: false, owner_group: group, owner_user: username },
        contact_email: 'ada@example.org',
        ...more,
      },
      person,
    );
  }

  abort(pid: string, person: Person = 'uploader'): Promise<ProtocolAnswer> {
    return this.s3('abortDatasetUpload', { dataset_id: pid }, person);
  }

  /** Whatever the tests have left open makes room for the next one. */
  async tidy(): Promise<void> {
    for (const { person, pid } of this.begun.splice(0)) {
      // The newest grant holds an upload: this one begins it again, to be sure.
      const { status } = await this.s3(
        'requestDatasetUpload',
        { dataset_id: pid, dataset_size_gib: 0 },
        person,
      );
      if (status === 201) await this.abort(pid, person);
    }
  }

  async end(): Promise<void> {
    this.caller.close();
    await this.facility.end();
  }
}

/** What the Ingestor calls a file. */
export function nameOf(pid: string, path: string): string {
  return `openem-network/datasets/${pid}/raw_files/${path}`;
}

export function file(path: string, bytes = 100): ContentFile {
  return { path, content: randomBytes(bytes) };
}

/** Full parts, and a small last one. */
export function partsOf(count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => randomBytes(index === count - 1 ? 1000 : partSize));
}

/** Without quotes, as the Ingestor sends it back. */
export function etagOf({ headers }: ProtocolAnswer): string {
  return String(headers.etag ?? '').replaceAll('"', '');
}

export function total(contents: readonly Buffer[]): number {
  return contents.reduce((sum, { length }) => sum + length, 0);
}

/** 500 as clients of the protocol read it. */
export function refusedWith500(answer: ProtocolAnswer, ...words: readonly RegExp[]): void {
  assert.equal(answer.status, 500, answer.text);
  const { message, details } = answer.json ?? {};
  assert.equal(typeof message, 'string', answer.text);
  assert.equal(typeof details, 'string', answer.text);
  for (const word of words) assert.match(`${String(message)} ${String(details)}`, word);
}

/** 500 or 422: what no client of the protocol takes for a success. */
export function refused(answer: ProtocolAnswer, ...words: readonly RegExp[]): void {
  if (answer.status !== 422) return refusedWith500(answer, ...words);
  refusedWith422(answer);
  for (const word of words) assert.match(String(answer.json?.['details']), word);
}

/** 422 as FastAPI answers it, and as ScopeMArchiver's other errors are. */
export function refusedWith422(answer: ProtocolAnswer, field?: string): void {
  assert.equal(answer.status, 422, answer.text);
  const { detail, message, details } = answer.json ?? {};
  assert.equal(typeof message, 'string', answer.text);
  assert.equal(typeof details, 'string', answer.text);
  assert.ok(Array.isArray(detail) && detail.length > 0, answer.text);
  for (const { loc, msg, type } of detail as Record<string, unknown>[]) {
    assert.ok(Array.isArray(loc), answer.text);
    assert.equal((loc as unknown[])[0], 'body');
    assert.deepEqual([typeof msg, typeof type], ['string', 'string'], answer.text);
  }
  if (field === undefined) return;
  const fields = (detail as { loc: unknown[] }[]).map(({ loc }) => loc[1]);
  assert.ok(fields.includes(field), `expected ${field} to be named: ${answer.text}`);
}

/** 401 as FastAPI answers it. */
export function refusedWith401(answer: ProtocolAnswer, scheme: 'Bearer' | 'Basic' = 'Bearer'): void {
  assert.equal(answer.status, 401, answer.text);
  assert.equal(typeof answer.json?.['detail'], 'string', answer.text);
  assert.match(String(answer.headers['www-authenticate']), new RegExp(`^${scheme}`));
}

function entryOf(one: ContentFile | ListedEntry): ListedEntry {
  return 'content' in one ? { path: one.path, size: one.content.length } : one;
}
