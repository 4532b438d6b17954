import { isDirectoryEntry, listedPath } from '#kernel';
import type { NewDatablock, ScicatDatablock, ScicatFile } from './scicat.js';
import { bytesOf, fieldsOf, idOf, isFields, listOf, optionalTextOf, textOf, type Fields } from './answers.js';
import { isRecordMissing, partOf, succeeded, withQuery } from './calls.js';
import type { ListAbove } from './list-above.js';
import { inOrder } from './pages.js';
import { listMoving, oddAnswer, tooLarge } from './scicat-errors.js';
import type { ScicatSession } from './scicat-session.js';

const listed = { archiveId: 1, datasetId: 1, size: 1, packedSize: 1, createdBy: 1 };

/** Original datablocks and datablocks of a SciCat, by the interface of v3. */
export class ScicatDatablocks {
  /** @param maxBody bytes of the largest body that SciCat takes */
  constructor(
    private readonly session: ScicatSession,
    private readonly maxBody: number,
    private readonly above: ListAbove,
  ) {}

  async *originals(pid: string, sourceFolder: string): AsyncGenerator<readonly ScicatFile[]> {
    const what = `the original datablocks of dataset ${pid}`;
    let read = 0;
    const page = async (after: string | undefined, limit: number) => {
      const limits = { limit, order: '_id:asc' };
      const found = await this.above.ask(after, (mode) => {
        const fields = { datasetId: [pid], ...(after === undefined ? {} : { mode }) };
        return this.list(withQuery('/api/v3/origdatablocks/fullquery', { fields, limits }), what);
      });
      return found.map((block) => originalOf(block, pid, what, sourceFolder));
    };
    // A block may list a great many files.
    for await (const blocks of inOrder(page, what, 20)) {
      read += blocks.length;
      for (const { files } of blocks) yield files;
    }
    const total = await this.countOriginals(pid, what);
    if (total !== read) throw listMoving(`original datablocks of dataset ${pid}`, total, read);
  }

  async datablock(archiveId: string): Promise<ScicatDatablock | undefined> {
    const what = `the datablock of archive id ${archiveId}`;
    const filter = { where: { archiveId: { $in: [archiveId] } }, fields: listed, limits: { limit: 2 } };
    const found = (await this.list(withQuery('/api/v3/datablocks', { filter }), what)).map((fields) =>
      datablockOf(fields, what),
    );
    const other = found.find((datablock) => datablock.archiveId !== archiveId);
    if (other !== undefined) throw oddAnswer(what, 'the archive id that was asked for', other.archiveId);
    return found[0];
  }

  async *datablocksOf(pid: string): AsyncGenerator<ScicatDatablock> {
    const what = `the datablocks of dataset ${pid}`;
    const page = async (after: string | undefined, limit: number): Promise<readonly ScicatDatablock[]> => {
      const found = await this.above.ask(after, (above) => {
        const where = { datasetId: { $in: [pid] }, ...above };
        const filter = { where, fields: listed, limits: { limit, order: '_id:asc' } };
        return this.list(withQuery('/api/v3/datablocks', { filter }), what);
      });
      return found.map((fields) => {
        const datablock = datablockOf(fields, what);
        if (datablock.datasetId !== pid) throw oddAnswer(what, 'only such of it', datablock.datasetId);
        return datablock;
      });
    };
    for await (const datablocks of inOrder(page, what, 100)) yield* datablocks;
  }

  async createDatablock(pid: string, datablock: NewDatablock): Promise<'created' | 'taken' | 'missing'> {
    const { archiveId } = datablock;
    const body = datablockBody(datablock, this.maxBody);
    const path = `/api/v3/datasets/${partOf(pid)}/datablocks`;
    const answer = await this.session.call({ method: 'POST', path, body });
    if (answer.status === 409) return 'taken';
    if (isRecordMissing(answer)) return 'missing';
    succeeded(answer, `list datablock ${archiveId} of dataset ${pid}`);
    return 'created';
  }

  async deleteDatablock(pid: string, id: string): Promise<boolean> {
    const path = `/api/v3/datasets/${partOf(pid)}/datablocks/${partOf(id)}`;
    const answer = await this.session.call({ method: 'DELETE', path, mayBeEmpty: true });
    if (isRecordMissing(answer)) return false;
    succeeded(answer, `remove datablock ${id} of dataset ${pid}`);
    return true;
  }

  private async list(path: string, what: string): Promise<readonly Fields[]> {
    const answer = succeeded(await this.session.call({ method: 'GET', path }), `list ${what}`);
    return listOf(answer.body, what).map((entry) => fieldsOf(entry, what));
  }

  /** Not by `…/origdatablocks/count`, which some versions end at a hundred. */
  private async countOriginals(pid: string, what: string): Promise<number> {
    const path = withQuery('/api/v3/origdatablocks/fullfacet', { fields: { datasetId: [pid] }, facets: [] });
    const [facets] = await this.list(path, what);
    const [all] = listOf(facets?.['all'], `the number of ${what}`);
    return all === undefined ? 0 : bytesOf(fieldsOf(all, what), 'totalSets', `the number of ${what}`);
  }
}

/**
 * The body that lists a datablock.
 *
 * @param maxBody bytes of the largest body that SciCat takes
 * @throws PermanentError `scicat.too-large`
 */
export function datablockBody(datablock: NewDatablock, maxBody: number): string {
  const { archiveId, size, packedSize, chkAlg, version, dataFileList } = datablock;
  const files = dataFileList.map(({ path, size, time, chk }) => ({ path, size, time, chk }));
  const body = JSON.stringify({ archiveId, size, packedSize, chkAlg, version, dataFileList: files });
  const bytes = Buffer.byteLength(body);
  if (bytes > maxBody) throw tooLarge(archiveId, bytes, maxBody);
  return body;
}

function originalOf(block: Fields, pid: string, what: string, sourceFolder: string) {
  const id = idOf(block, what);
  const where = `original datablock ${id} of dataset ${pid}`;
  if (block['datasetId'] !== pid) throw oddAnswer(where, 'a datasetId as asked for', block['datasetId']);
  const files = listOf(block['dataFileList'], `${where} as dataFileList`).flatMap((file) => {
    if (!isFields(file)) throw oddAnswer(where, 'files in dataFileList', file);
    if (isDirectoryEntry(file)) return [];
    const path = listedPath(textOf(file, 'path', where), sourceFolder);
    return [{ path, size: bytesOf(file, 'size', where) }];
  });
  return { id, files };
}

function datablockOf(fields: Fields, what: string): ScicatDatablock {
  const id = idOf(fields, what);
  const where = `datablock ${id}`;
  return {
    id,
    archiveId: textOf(fields, 'archiveId', where),
    datasetId: textOf(fields, 'datasetId', where),
    size: bytesOf(fields, 'size', where),
    packedSize: bytesOf(fields, 'packedSize', where),
    createdBy: optionalTextOf(fields, 'createdBy', where),
  };
}
