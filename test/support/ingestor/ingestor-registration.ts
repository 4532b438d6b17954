import { exchange } from './http-exchange.js';
import { IngestorFailed } from './ingestor-errors.js';
import { foldersOf, type IngestedFile } from './ingested-files.js';

/** Of one block: what the Ingestor's library allows. */
const mostFiles = 20_000;
const mostBytes = 200_000_000_000;
/** Bytes that Linux says of a folder: they are listed, and counted. */
const folderSize = 4096;

export interface Registration {
  readonly scicatUrl: string;
  readonly scicatToken: string;
  readonly ownerGroup: string;
  readonly contactEmail: string;
  readonly sourceFolder: string;
  readonly files: readonly IngestedFile[];
}

interface ListedEntry {
  readonly path: string;
  readonly size: number;
  readonly time: string;
  readonly uid: string;
  readonly gid: string;
  readonly perm: string;
}

/**
 * The data set and its blocks, as the Ingestor registers them before the first byte is sent: folders among the files, no checksums.
 *
 * @returns the pid
 */
export async function register(registration: Registration): Promise<string> {
  const { ownerGroup, contactEmail, sourceFolder, files } = registration;
  if (files.every(({ size }) => size === 0))
    throw new IngestorFailed("can't ingest: the total size of the dataset is 0");
  const { pid } = await post(registration, '/Datasets', {
    type: 'raw',
    datasetName: 'ingested',
    owner: 'Ada Example',
    principalInvestigator: 'Ada Example',
    creationLocation: '/TEST/microscope',
    creationTime: '2020-02-03T04:05:06.789Z',
    ...{ ownerGroup, contactEmail, sourceFolder },
    datasetlifecycle: {
      isOnCentralDisk: false,
      archiveStatusMessage: 'filesNotYetAvailable',
      archivable: false,
      storageLocation: 'ETHZ',
    },
  });
  for (const block of blocksOf(entriesOf(files)))
    await post(registration, '/OrigDatablocks', {
      datasetId: pid,
      size: block.reduce((sum, { size }) => sum + size, 0),
      dataFileList: block,
    });
  return String(pid);
}

function entriesOf(files: readonly IngestedFile[]): ListedEntry[] {
  const common = { time: '2020-02-03T04:05:06.789Z', uid: 'ada', gid: 'microscopy' };
  return [
    ...foldersOf(files.map(({ path }) => path)).map((path) => ({
      ...{ path, size: folderSize, perm: 'drwxr-xr-x' },
      ...common,
    })),
    ...files.map(({ path, size }) => ({ path, size, perm: '-rw-r--r--', ...common })),
  ].sort((one, other) => (one.path < other.path ? -1 : 1));
}

function* blocksOf(entries: readonly ListedEntry[]): Generator<ListedEntry[]> {
  let block: ListedEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    if (block.length === mostFiles || (block.length > 0 && bytes + entry.size > mostBytes)) {
      yield block;
      [block, bytes] = [[], 0];
    }
    block.push(entry);
    bytes += entry.size;
  }
  if (block.length > 0) yield block;
}

async function post(
  { scicatUrl, scicatToken }: Registration,
  path: string,
  body: object,
): Promise<Record<string, unknown>> {
  const answer = await exchange({
    method: 'POST',
    url: `${scicatUrl}/api/v3${path}`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${scicatToken}` },
    body: Buffer.from(JSON.stringify(body)),
  });
  if (answer.status !== 200 && answer.status !== 201)
    throw new IngestorFailed(`${path}: ${answer.status} ${answer.body.toString()}`);
  return JSON.parse(answer.body.toString()) as Record<string, unknown>;
}
