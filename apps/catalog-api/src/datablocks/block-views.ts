import { knownFaultsOf } from '../http/validate-body.js';
import type { LongList } from '../http/long-list.js';
import { intentField } from '../persistence/own-fields.js';

interface Block {
  readonly _id: string;
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
 */
export function blockFaults(dto: new () => object, body: unknown): Fault[] {
  return knownFaultsOf(dto, body).map(shown);
}

function shown({ property, constraints, children = [] }: Fault): Fault {
  return { property, constraints, children: children.map(shown) };
}
