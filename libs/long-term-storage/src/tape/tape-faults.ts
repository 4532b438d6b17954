import { readFile } from 'node:fs/promises';
import { errnoOf } from '../posix/share-errors.js';

/** What goes wrong in a simulated library. Tests write it into a file, so that it reaches other processes. */
export interface TapeFaults {
  /** The whole library answers nothing. */
  readonly offline?: boolean;
  /** Cartridges on which nothing can be read any more; `*`: all of them. */
  readonly damaged?: readonly string[];
}

export async function faultsIn(path: string): Promise<TapeFaults> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as TapeFaults;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return {};
    throw error;
  }
}
