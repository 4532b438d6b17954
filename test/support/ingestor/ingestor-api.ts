import { Agent } from 'node:http';
import { dereferenced, IngestorFailed } from './ingestor-errors.js';
import { exchange, type Incoming } from './http-exchange.js';

/** An answer as the generated client holds it: a body is there when it is JSON, and of a status that the API lists. */
interface Answer {
  readonly status: number;
  readonly json?: Fields;
}

type Fields = Readonly<Record<string, unknown>>;

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
}

export interface CompletedPart {
  readonly part_number: number;
  readonly etag: string;
  readonly checksum_sha256: string;
}

export interface Finalization {
  readonly dataset_id: string;
  readonly create_archiving_job: boolean;
  readonly owner_group: string;
  readonly owner_user: string;
  readonly contact_email: string;
}

/** The calls that the Ingestor makes, and what it makes of their answers: faults included. */
export class IngestorApi {
  /** One client for the whole process, as the Ingestor has it. */
  private readonly agent = new Agent({ keepAlive: true });

  /**
   * @param endpoint `Transfer.S3.Endpoint`
   * @param gone aborted: the process of the Ingestor is no more
   */
  constructor(
    private readonly endpoint: string,
    private readonly gone?: AbortSignal,
  ) {}

  close(): void {
    this.agent.destroy();
  }

  async token(scicatToken: string): Promise<Tokens> {
    const { status, json } = await this.call('/token', scicatToken);
    if (status !== 201) throw new IngestorFailed(`failed to get access tokens: ${status}`);
    const body = dereferenced(json, 'JSON201 of /token');
    return {
      accessToken: text(body['access_token'], 'access_token'),
      refreshToken: text(body['refresh_token'], 'refresh_token'),
      expiresIn: whole(dereferenced(body['expires_in'], 'expires_in'), 'expires_in'),
    };
  }

  /** @returns whether there is room: 507 says that there is none now */
  async requestDatasetUpload(token: string, pid: string, gibibytes: number): Promise<boolean> {
    const body = { dataset_id: pid, dataset_size_gib: gibibytes };
    const { status, json } = await this.call('/s3/requestDatasetUpload', token, body);
    if (status === 201) return true;
    if (status !== 507) throw new IngestorFailed(`requestDatasetUpload: ${status} ${JSON.stringify(json)}`);
    text(dereferenced(json, 'JSON507 of requestDatasetUpload')['message'], 'message');
    return false;
  }

  /** Any answer but 201, 500 and 422 ends the process. */
  async presignedUrls(
    token: string,
    pid: string,
    key: string,
    parts: number,
  ): Promise<{ uploadId: string; urls: readonly string[] }> {
    const body = { dataset_id: pid, object_name: key, parts };
    const answer = await this.call('/s3/presignedUrls', token, body);
    this.failOn500And422(answer, 'presignedUrls');
    const { json, status } = answer;
    const granted = dereferenced(status === 201 ? json : undefined, `JSON201 of presignedUrls (${status})`);
    const urls = granted['urls'];
    if (!Array.isArray(urls)) throw new IngestorFailed(`presignedUrls: urls is ${typeof urls}`);
    return {
      uploadId: text(granted['upload_id'], 'upload_id'),
      urls: urls.map((url) => text(url, 'urls[]')),
    };
  }

  /** Any answer but 500 and 422 is a success, also one that says that the token is not valid. */
  async completeUpload(
    token: string,
    pid: string,
    key: string,
    uploadId: string,
    parts: readonly CompletedPart[],
    composite: string,
  ): Promise<number> {
    const answer = await this.call('/s3/completeUpload', token, {
      ...{ dataset_id: pid, object_name: key, upload_id: uploadId },
      ...{ parts, checksum_sha256: composite },
    });
    this.failOn500And422(answer, 'completeUpload');
    return answer.status;
  }

  /** The data set is left out of it. Only a 200 would be a success, which the API never answers. */
  async abortMultipartUpload(token: string, key: string, uploadId: string): Promise<void> {
    const body = { dataset_id: '', object_name: key, upload_id: uploadId };
    const { status } = await this.call('/s3/abortMultipartUpload', token, body);
    if (status !== 200) throw new IngestorFailed('');
  }

  async finalizeDatasetUpload(token: string, body: Finalization): Promise<void> {
    const { status, json } = await this.call('/s3/finalizeDatasetUpload', token, body);
    if (status === 500) {
      const details = dereferenced(json, 'JSON500 of finalizeDatasetUpload')['details'];
      throw new IngestorFailed(`failed to finalize upload: ${text(dereferenced(details, 'details'))}`);
    }
    if (status !== 201) throw new IngestorFailed(`failed to finalize upload: ${status}`);
    const done = dereferenced(json, 'JSON201 of finalizeDatasetUpload');
    text(done['dataset_id'], 'dataset_id');
    text(done['message'], 'message');
  }

  /** What is answered is of no interest; a lost connection is. */
  async abortDatasetUpload(token: string, pid: string): Promise<number> {
    return (await this.call('/s3/abortDatasetUpload', token, { dataset_id: pid })).status;
  }

  private failOn500And422({ status, json }: Answer, call: string): void {
    if (status === 500) {
      const { message, details } = dereferenced(json, `JSON500 of ${call}`);
      throw new IngestorFailed(
        `${call}: ${text(message, 'message')}: ${text(dereferenced(details, 'details'))}`,
      );
    }
    if (status !== 422) return;
    const detail = dereferenced(dereferenced(json, `JSON422 of ${call}`)['detail'], 'detail');
    if (!Array.isArray(detail)) throw new IngestorFailed(`${call}: detail is no list`);
    const messages = (detail as Fields[]).map(({ msg, loc, type }) => {
      if (!Array.isArray(loc)) throw new IngestorFailed(`${call}: loc is no list`);
      text(type, 'type');
      return text(msg, 'msg');
    });
    throw new IngestorFailed(`${call}: ${messages.join(' ')}`);
  }

  private async call(path: string, token: string, body?: object): Promise<Answer> {
    this.gone?.throwIfAborted();
    const incoming = await exchange({
      method: 'POST',
      url: `${this.endpoint}${path}`,
      agent: this.agent,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
      ...(this.gone === undefined ? {} : { signal: this.gone }),
    });
    return answerOf(incoming);
  }
}

function answerOf({ status, headers, body }: Incoming): Answer {
  if (!(headers['content-type'] ?? '').includes('json')) return { status };
  return { status, json: JSON.parse(body.toString()) as Fields };
}

/** Of a field that Go decodes into a string: another type is an error, an absent one the empty string. */
function text(value: unknown, name = 'field'): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new IngestorFailed(`cannot decode ${name} into a string`);
  return value;
}

function whole(value: unknown, name: string): number {
  if (!Number.isInteger(value)) throw new IngestorFailed(`cannot decode ${name} into an int`);
  return Number(value);
}
