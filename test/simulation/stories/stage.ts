import { createHash } from 'node:crypto';
import { newLifecycle } from '../../../apps/catalog-api/src/domain/lifecycle.js';
import { pidAsName } from '#kernel';
import type { Installation } from '../apps/installation.js';
import { landingZone } from '../apps/settings.js';
import type { StoryDataset } from './story.js';

type Row = Record<string, unknown> & { _id: string };

/** Registers a dataset and puts its files into the landing zone, as clients have before the story begins. */
export async function register(
  installation: Installation,
  { pid, group, files }: StoryDataset,
): Promise<void> {
  const now = installation.world.clock.now();
  const database = installation.databases['catalog-api'];
  const owned = { ownerGroup: group, accessGroups: [], isPublished: false, createdAt: now, updatedAt: now };
  const size = files.reduce((sum, { content }) => sum + content.length, 0);
  await database.collection<Row>('Dataset').insertOne({
    ...{ _id: pid, pid, type: 'raw', owner: 'Ada Example', sourceFolder: `/home/ada/${pid}`, __v: 0 },
    ...{ size, packedSize: 0, numberOfFiles: files.length, numberOfFilesArchived: 0, ...owned },
    datasetlifecycle: newLifecycle(now, { archive: 10, publication: 3 }),
  });
  await database.collection<Row>('OrigDatablock').insertOne({
    ...{ _id: `orig-${pid}`, datasetId: pid, size, chkAlg: 'sha256', ...owned },
    dataFileList: files.map(({ path, content, hasChecksum }) => ({
      ...{ path, size: content.length, time: now },
      ...(hasChecksum ? { chk: createHash('sha256').update(content).digest('hex') } : {}),
    })),
  });
  for (const { path, content } of files)
    await installation.store.put(landingZone, `${pidAsName(pid)}/${path}`, Buffer.from(content), {
      size: content.length,
    });
}
