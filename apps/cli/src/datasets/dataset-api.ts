import { isDirectoryEntry } from '#kernel';
import type { HttpClient } from '../server/http-client.js';

export interface Dataset {
  readonly pid: string;
  readonly datasetName?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly type: string;
  readonly ownerGroup: string;
  readonly sourceFolder?: string;
  readonly size?: number;
  readonly numberOfFiles?: number;
  readonly creationTime?: string;
  readonly isPublished?: boolean;
  readonly datasetlifecycle?: {
    readonly archivable?: boolean;
    readonly retrievable?: boolean;
    readonly archiveStatusMessage?: string;
  };
}

export interface DatasetFile {
  readonly path: string;
  readonly size: number;
  readonly time: string;
}

export function searchDatasets(
  client: HttpClient,
  text: string,
  { limit, ownerGroup }: { limit: number; ownerGroup?: string },
): Promise<Dataset[]> {
  const fields = {
    ...(text === '' ? {} : { text }),
    ...(ownerGroup === undefined ? {} : { ownerGroup: [ownerGroup] }),
  };
  const limits = { limit, order: 'creationTime:desc' };
  return client.get<Dataset[]>(`/api/v3/datasets/fullquery?${queryOf({ fields, limits })}`);
}

export function getDataset(client: HttpClient, pid: string): Promise<Dataset> {
  return client.get<Dataset>(`/api/v3/datasets/${encodeURIComponent(pid)}`);
}

/** In the order of their paths, without the directories that some ingestors list among them. */
export async function filesOf(client: HttpClient, pid: string): Promise<DatasetFile[]> {
  const blocks = await client.get<{ dataFileList?: readonly (DatasetFile & { readonly perm?: string })[] }[]>(
    `/api/v3/datasets/${encodeURIComponent(pid)}/origdatablocks`,
  );
  const files = blocks.flatMap(({ dataFileList = [] }) =>
    dataFileList
      .filter((entry) => !isDirectoryEntry(entry))
      .map(({ path, size, time }) => ({ path, size, time })),
  );
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

function queryOf(parts: Readonly<Record<string, object>>): string {
  return new URLSearchParams(
    Object.entries(parts).map(([name, value]): [string, string] => [name, JSON.stringify(value)]),
  ).toString();
}
