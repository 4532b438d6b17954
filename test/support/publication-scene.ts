import assert from 'node:assert/strict';
import { datasetInSourceFolder, sampleFiles, type TestDataset } from './datasets.js';
import type { InstallationOptions } from './installation.js';
import { createPublication, publicationPath, PublishingInstallation } from './publications.js';
import type { Answer, ScicatClient } from './scicat-client.js';

type Fields = Record<string, unknown>;

/** An author, an administrator and an installation that publishes: what stories of publications are made of. */
export class PublicationScene {
  private constructor(
    readonly site: PublishingInstallation,
    readonly client: ScicatClient,
    readonly admin: ScicatClient,
  ) {}

  static async open(options: InstallationOptions): Promise<PublicationScene> {
    const site = await PublishingInstallation.start(options);
    const [client, admin] = [await site.installation.client('demo'), await site.installation.client('admin')];
    return new PublicationScene(site, client, admin);
  }

  async archived(bytes = 100_000): Promise<TestDataset> {
    const dataset = await datasetInSourceFolder(this.site.installation, this.client, sampleFiles(bytes));
    const { body } = await this.client.postJob('archive', [dataset.pid]);
    const { statusCode, statusMessage } = await this.client.jobEnd(String(body['id']));
    assert.equal(statusCode, 'finishedSuccessful', statusMessage);
    return dataset;
  }

  plain(): Promise<TestDataset> {
    return datasetInSourceFolder(this.site.installation, this.client, sampleFiles(1000));
  }

  step(who: ScicatClient, doi: string, name: string, body?: object): Promise<Answer> {
    return who.call<Fields>('POST', `${publicationPath(doi)}/${name}`, body);
  }

  async registered(datasets: readonly TestDataset[], more: Fields = {}): Promise<string> {
    const pids = datasets.map(({ pid }) => pid);
    const doi = await createPublication(this.client, pids, more);
    const { status, body } = await this.step(this.client, doi, 'register');
    assert.deepEqual([status, body['status']], [201, 'registered'], JSON.stringify(body));
    return doi;
  }

  putsOf(doi: string): string[] {
    return this.site.datacite.requests
      .filter((request) => request.method === 'PUT' && request.doi === doi)
      .map(({ event, status }) => `${event ?? 'metadata'} ${status}`);
  }

  async isPublished(pid: string): Promise<unknown> {
    const { body } = await this.client.call<Fields>('GET', `/api/v3/Datasets/${encodeURIComponent(pid)}`);
    return body['isPublished'];
  }

  async harvested(doi: string): Promise<string> {
    const identifier = `oai:127.0.0.1:${encodeURIComponent(doi).replaceAll('%2F', '/')}`;
    const query = `verb=GetRecord&metadataPrefix=oai_dc&identifier=${encodeURIComponent(identifier)}`;
    return (await fetch(`${this.site.installation.publicUrl}/oai?${query}`)).text();
  }
}
