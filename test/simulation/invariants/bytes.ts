import { pidAsName } from '#kernel';
import { landingZone, retrievalBucket } from '../apps/settings.js';
import { filesIn } from './tar-files.js';
import type { Invariant, Watched } from './invariant.js';
import { Records } from './records.js';

/** Whether a file's bytes lie on every storage, in a datablock that the archiver has verified and the catalogue lists. */
function isSafe({ installation }: Watched, pid: string, content: Buffer): boolean {
  const { datablocks, stored } = new Records(installation);
  return datablocks
    .filter(({ datasetId }) => datasetId === pid)
    .some(({ archiveId }) => {
      const record = stored.find(({ _id }) => _id === archiveId);
      return (
        record?.state === 'verified' &&
        installation.shares.every((share) => share.contents.get(archiveId)?.includes(content) === true)
      );
    });
}

/** An original leaves the landing zone only when exactly its bytes are safe. */
export const originalsOutliveTheirCopies: Invariant = {
  name: 'an original goes only when its bytes are safe',
  watch(watched, report) {
    const { installation, story } = watched;
    installation.objects.removals.push((bucket, key, content) => {
      if (bucket !== landingZone) return;
      const dataset = story.datasets.find(({ pid }) => key.startsWith(`${pidAsName(pid)}/`));
      if (dataset === undefined || isSafe(watched, dataset.pid, content)) return;
      report(
        `Expected "${content.toString()}" on both storages before ${key} is removed, found it on fewer.`,
      );
    });
  },
};

/** From the moment a dataset is called archived, all of its files lie on all storages, byte for byte. */
export const archivedIsReadBack: Invariant = {
  name: 'archived means that every copy is there',
  watch(watched, report) {
    const { installation, story } = watched;
    const told = new Set<string>();
    installation.databases['catalog-api'].afterWrites.push(({ collection }) => {
      if (collection !== 'Dataset') return;
      for (const { pid, datasetlifecycle } of new Records(installation).datasets) {
        if (!datasetlifecycle.retrievable) told.delete(pid);
        if (!datasetlifecycle.retrievable || told.has(pid)) continue;
        told.add(pid);
        const { files } = story.datasets.find((dataset) => dataset.pid === pid)!;
        for (const { path, content } of files)
          if (!versionsOf(watched, pid, path, content).some((one) => isSafe(watched, pid, one)))
            report(
              `Expected ${path} of ${pid} on both storages when it is called archived, found it on fewer.`,
            );
      }
    });
  },
  async judge(watched, report) {
    const { installation, story } = watched;
    const { datablocks } = new Records(installation);
    for (const { archiveId, datasetId: pid, dataFileList } of datablocks) {
      const { files } = story.datasets.find((dataset) => dataset.pid === pid)!;
      for (const share of installation.shares) {
        const tar = share.contents.get(archiveId);
        if (tar === undefined) {
          report(`Expected ${archiveId} on ${share.name}, which the catalogue lists, found no such file.`);
          continue;
        }
        const found = await filesIn(tar);
        for (const { path } of dataFileList) {
          const registered = files.find((file) => file.path === path)!;
          const wanted = versionsOf(watched, pid, path, registered.content).map(String);
          if (!wanted.includes(found.get(path) ?? ''))
            report(`Expected ${path} in ${archiveId} on ${share.name}, found ${found.get(path) ?? 'none'}.`);
        }
      }
    }
  },
};

/** What clients have put under a name: the first version, and the one of whoever overwrote it. */
function versionsOf({ story }: Watched, pid: string, path: string, first: string): Buffer[] {
  const others = story.steps.flatMap((step) =>
    step.does === 'overwrite' && step.pid === pid && step.path === path ? [step.content] : [],
  );
  return [first, ...others].map((content) => Buffer.from(content));
}

/** Each file of an archived dataset is in one of its datablocks, once. */
export const eachFileOnce: Invariant = {
  name: 'each file is archived once',
  watch({ installation, story }, report) {
    installation.databases['catalog-api'].afterWrites.push(({ collection }) => {
      if (collection !== 'Datablock') return;
      const { datablocks } = new Records(installation);
      for (const { pid } of story.datasets) {
        const paths = datablocks
          .filter(({ datasetId }) => datasetId === pid)
          .flatMap(({ dataFileList }) => dataFileList.map(({ path }) => path));
        const twice = paths.find((path, at) => paths.indexOf(path) !== at);
        if (twice !== undefined) report(`Expected ${twice} of ${pid} in one datablock, found it in two.`);
      }
    });
  },
  judge({ installation, story }, report) {
    const { datablocks } = new Records(installation);
    for (const { pid, files } of story.datasets) {
      const paths = datablocks
        .filter(({ datasetId }) => datasetId === pid)
        .flatMap(({ dataFileList }) => dataFileList.map(({ path }) => path));
      if (paths.length > 0 && paths.length !== files.length)
        report(`Expected ${files.length} files of ${pid} in datablocks, found ${paths.join(', ')}.`);
    }
  },
};

/** What is called retrieved lies in the retrieval bucket, byte for byte. */
export const retrievedIsWhole: Invariant = {
  name: 'retrieved means that it is there',
  watch({ installation }, report) {
    const told = new Set<string>();
    installation.databases['catalog-api'].afterWrites.push(({ collection }) => {
      if (collection !== 'Job') return;
      const records = new Records(installation);
      for (const job of records.jobs) {
        if (job.type !== 'retrieve' || job.statusCode !== 'finishedSuccessful' || told.has(job._id)) continue;
        told.add(job._id);
        const inBucket = installation.objects
          .keysOf(retrievalBucket)
          .map((key) => installation.objects.contentOf(retrievalBucket, key)!);
        for (const pid of records.pidsOf(job))
          for (const { archiveId } of records.datablocks.filter(({ datasetId }) => datasetId === pid)) {
            const tar = installation.shares.map((share) => share.contents.get(archiveId));
            if (!inBucket.some((content) => tar.some((one) => one?.equals(content) === true)))
              report(
                `Expected ${archiveId} in the retrieval bucket when job ${job._id} is done, found no such bytes.`,
              );
          }
      }
    });
  },
};
