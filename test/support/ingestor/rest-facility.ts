import assert from 'node:assert/strict';
import type { ListedEntry, Person, UploadFacility } from '#ingestor-uploads/testing';
import { pidAsName } from '#kernel';
import type { ObjectStore } from '#storage';

/** What differs between the apps that serve the ingestors' API. */
export interface FacilityParts {
  readonly baseUrl: string;
  readonly tokenSecret: string;
  readonly space: number;
  readonly door: { readonly username: string; readonly password: string };
  readonly people: UploadFacility['people'];
  /** The catalogue. */
  readonly scicatUrl: string;
  readonly tokens: Readonly<Record<Person | 'admin', string>>;
  oidcToken(person: Person, claims: Readonly<Record<string, unknown>>): Promise<string>;
  readonly store: ObjectStore;
  readonly landingZoneBucket: string;
  /** The document in `ingestor_space`. */
  takenSpace(): Promise<{ readonly holds: readonly { pid: string; bytes: number }[] } | null>;
  end(): Promise<void>;
}

type Fields = Record<string, unknown>;

/** A facility whose catalogue is asked over SciCat's own API. */
export class RestFacility implements UploadFacility {
  constructor(private readonly parts: FacilityParts) {}

  get baseUrl(): string {
    return this.parts.baseUrl;
  }

  get tokenSecret(): string {
    return this.parts.tokenSecret;
  }

  get space(): number {
    return this.parts.space;
  }

  get door(): FacilityParts['door'] {
    return this.parts.door;
  }

  get people(): UploadFacility['people'] {
    return this.parts.people;
  }

  scicatTokenOf(person: Person): Promise<string> {
    return Promise.resolve(this.parts.tokens[person]);
  }

  oidcTokenOf(person: Person, claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return this.parts.oidcToken(person, claims);
  }

  async newDataset(person: Person, files: readonly ListedEntry[]): Promise<string> {
    const { pid } = await this.call('POST', '/api/v3/Datasets', person, {
      ...{ type: 'raw', datasetName: 'of an ingestor', owner: 'Ada', principalInvestigator: 'Ada' },
      ...{ contactEmail: 'ada@example.org', creationLocation: '/site/microscope' },
      ...{ creationTime: '2020-01-02T03:04:05.000Z', sourceFolder: '/microscope/session' },
      ownerGroup: this.people[person].group,
      datasetlifecycle: {
        ...{ isOnCentralDisk: false, archivable: false, storageLocation: 'ETHZ' },
        archiveStatusMessage: 'filesNotYetAvailable',
      },
    });
    if (files.length > 0) await this.addFiles(person, String(pid), files);
    return String(pid);
  }

  async addFiles(person: Person, pid: string, files: readonly ListedEntry[]): Promise<void> {
    await this.call('POST', '/api/v3/OrigDatablocks', person, {
      datasetId: pid,
      size: files.reduce((sum, { size }) => sum + size, 0),
      dataFileList: files.map(({ path, size, perm = '-rw-r--r--' }) => ({
        ...{ path, size, perm, uid: 'ada', gid: 'microscopy' },
        time: '2020-01-02T03:04:05.000Z',
      })),
    });
  }

  async lifecycleOf(pid: string): Promise<Readonly<Fields>> {
    const { datasetlifecycle } = await this.call(
      'GET',
      `/api/v3/datasets/${encodeURIComponent(pid)}`,
      'admin',
    );
    return datasetlifecycle as Fields;
  }

  async jobsOf(pid: string): Promise<readonly Readonly<Fields>[]> {
    const filter = encodeURIComponent(JSON.stringify({ limits: { limit: 1000 } }));
    const jobs = await this.call<Fields[]>('GET', `/api/v4/jobs?filter=${filter}`, 'admin');
    return jobs.filter((job) => JSON.stringify(job).includes(JSON.stringify(pid)));
  }

  async newJob(person: Person, type: string, pid: string): Promise<string> {
    const body = { type, jobParams: {}, datasetList: [{ pid, files: [] }] };
    return String((await this.call('POST', '/api/v3/Jobs', person, body))['id']);
  }

  async landed(pid: string): Promise<readonly { readonly path: string; readonly size: number }[]> {
    const folder = `${pidAsName(pid)}/`;
    const found: { path: string; size: number }[] = [];
    for await (const { key, size } of this.parts.store.list(this.parts.landingZoneBucket, folder))
      found.push({ path: key.slice(folder.length), size });
    return found;
  }

  async contentOf(pid: string, path: string): Promise<Buffer> {
    const { store, landingZoneBucket } = this.parts;
    const pieces: Buffer[] = [];
    const body = await store.get(landingZoneBucket, `${pidAsName(pid)}/${path}`);
    for await (const piece of body as AsyncIterable<Buffer>) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async putBeside(pid: string, path: string, content: Buffer): Promise<void> {
    const { store, landingZoneBucket } = this.parts;
    await store.put(landingZoneBucket, `${pidAsName(pid)}/${path}`, content, { size: content.length });
  }

  async unfinished(pid: string): Promise<number> {
    const { store, landingZoneBucket } = this.parts;
    let count = 0;
    for await (const _ of store.pendingUploads(landingZoneBucket, `${pidAsName(pid)}/`)) count += 1;
    return count;
  }

  async held(pid: string): Promise<number> {
    const holds = (await this.parts.takenSpace())?.holds ?? [];
    return holds.filter((hold) => hold.pid === pid).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  end(): Promise<void> {
    return this.parts.end();
  }

  private async call<Body = Fields>(
    method: string,
    path: string,
    person: Person | 'admin',
    body?: object,
  ): Promise<Body> {
    const response = await fetch(`${this.parts.scicatUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.parts.tokens[person]}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Body;
  }
}
