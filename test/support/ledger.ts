import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pidAsName } from '#kernel';
import type { Installation } from './installation.js';
import { type TestDataset, sha256 } from './datasets.js';
import type { ScicatClient } from './scicat-client.js';

const run = promisify(execFile);

const rank: Readonly<Record<string, number>> = {
  jobSubmitted: 0,
  inProgress: 1,
  finishedSuccessful: 2,
  finishedUnsuccessful: 2,
  finishedWithDatasetErrors: 2,
  jobCancel: 2,
};

/**
 * Judges the promise of the design from outside, whatever was killed before: what the client sees, what lies on
 * long-term storage, read with nothing but `tar`.
 */
export class Ledger {
  constructor(
    private readonly installation: Installation,
    private readonly client: ScicatClient,
  ) {}

  /** One end state, reached once, and no state ever went back. */
  async jobEndedOnce(id: string, statusCode: string): Promise<void> {
    const job = await this.client.job(id);
    assert.equal(job.statusCode, statusCode, `job ${id}: ${job.statusMessage}`);
    const { body } = await this.client.patiently<{ statusCode: string; event?: string }[]>(
      'GET',
      `/api/v4/jobs/${id}/history`,
    );
    // Requests are noted beside the changes of status.
    const ranks = body
      .filter(({ event }) => event === undefined)
      .map((entry) => rank[entry.statusCode] ?? assert.fail(`unknown status ${entry.statusCode}`));
    assert.deepEqual(ranks, [...ranks].sort(), `the history of ${id} went back: ${JSON.stringify(body)}`);
    assert.equal(
      ranks.filter((value) => value === 2).length,
      1,
      `job ${id} ended more than once: ${JSON.stringify(body)}`,
    );
  }

  /**
   * The catalogue lists datablocks that hold exactly the dataset's files, once, with their content and time.
   *
   * @param spare archive ids of tars that may lie beside them: verified in a job that failed, for whoever retries it
   */
  async datasetIsArchived(
    { pid, files }: TestDataset,
    spare: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    const { datasetlifecycle, numberOfFilesArchived, packedSize } = await this.client.dataset(pid);
    assert.equal(datasetlifecycle['retrievable'], true);
    assert.equal(datasetlifecycle['archivable'], false);
    assert.equal(datasetlifecycle['archiveStatusMessage'], 'datasetOnArchiveDisk');
    const datablocks = await this.client.datablocks(pid);
    const listed = datablocks.flatMap(({ dataFileList }) => dataFileList.map(({ path }) => path));
    assert.deepEqual(
      [...listed].sort(),
      files.map(({ path }) => path).sort(),
      'every file in exactly one datablock',
    );
    assert.equal(numberOfFilesArchived, files.length);
    assert.equal(
      packedSize,
      datablocks.reduce((sum, datablock) => sum + datablock.packedSize, 0),
    );
    for (const share of this.installation.shares) {
      assert.deepEqual(
        (await this.tarsOf(share, pid)).filter((archiveId) => !spare.has(archiveId)),
        datablocks.map(({ archiveId }) => archiveId).sort(),
        `tars on ${share}`,
      );
      await this.contentAgrees(
        share,
        datablocks.map(({ archiveId }) => archiveId),
        files,
      );
    }
  }

  /** Nothing of the dataset is on long-term storage or in the catalogue, and it can be archived (again). */
  async datasetIsUntouched({ pid }: TestDataset, archiveStatusMessage: string): Promise<void> {
    const { datasetlifecycle } = await this.client.dataset(pid);
    assert.equal(datasetlifecycle['archivable'], true);
    assert.equal(datasetlifecycle['retrievable'], false);
    assert.equal(datasetlifecycle['archiveStatusMessage'], archiveStatusMessage);
    assert.deepEqual(await this.client.datablocks(pid), []);
  }

  /** Finished tars of a dataset, by archive id; unfinished ones are an offence. */
  async tarsOf(share: string, pid: string): Promise<string[]> {
    const folder = pidAsName(pid);
    const entries = await readdir(join(share, folder), { recursive: true, withFileTypes: true }).catch(
      () => [],
    );
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(share.length + 1))
      // Out of the way, for as long as DISCARD_GRACE says.
      .filter((file) => !file.endsWith('.discarded'));
    assert.deepEqual(
      files.filter((file) => !file.endsWith('.tar')),
      [],
      'unfinished files on long-term storage',
    );
    return files.sort();
  }

  private async contentAgrees(
    share: string,
    archiveIds: readonly string[],
    files: TestDataset['files'],
  ): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'catena-unpacked-'));
    try {
      for (const archiveId of archiveIds) await run('tar', ['xf', join(share, archiveId), '-C', folder]);
      for (const { path, content } of files) {
        assert.equal(
          sha256(await readFile(join(folder, 'data', path))),
          sha256(content),
          `content of ${path}`,
        );
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
