import { pathFaults } from './file-list-paths.js';
import { knownFaultsOf } from '../http/validate-body.js';
import type { LongList } from '../http/long-list.js';
import { intentField } from '../persistence/own-fields.js';

interface Block {
  readonly _id: string;
}
interface ListedFile {
  readonly path: string;
}
/** What is wrong with one property of a body. */
export interface Fault {
  readonly property: string;
  readonly constraints?: Readonly<Record<string, string>> | undefined;
  readonly children?: readonly Fault[] | undefined;
}

/** A block as clients know it: with its id under both names, without what was announced in it. */
export function withId(block: Block): object {
  const { [intentField]: _, ...shown } = block as Block & { [intentField]?: unknown };
  return { ...shown, id: block._id };
}

export function withIds(blocks: Block[] | LongList<Block>): object[] | LongList<object> {
  return Array.isArray(blocks) ? blocks.map(withId) : blocks.map(withId);
}

/**
 * The faults of a body as `isValid` tells them. Without what was sent: each fault of a file would bring the whole list of
 * files along.
 *
 * @param sourceFolder of the dataset that would get the block
 */
export function blockFaults(dto: new () => object, body: unknown, sourceFolder: string): Fault[] {
  const faults = knownFaultsOf(dto, body).map(shown);
  return faults.length > 0
    ? faults
    : listFaults((body as { dataFileList: ListedFile[] }).dataFileList, sourceFolder);
}

/** As the other faults of files are told: of each file by its place. */
function listFaults(files: readonly ListedFile[], sourceFolder: string): Fault[] {
  const children = pathFaults(files, sourceFolder).map(({ index, message }) => ({
    property: String(index),
    children: [{ property: 'path', constraints: { isPathOfDataset: message }, children: [] }],
  }));
  return children.length === 0 ? [] : [{ property: 'dataFileList', children }];
}

function shown({ property, constraints, children = [] }: Fault): Fault {
  return { property, constraints, children: children.map(shown) };
}
