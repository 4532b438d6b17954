import { randomBytes } from 'node:crypto';

/** A file at the instrument. */
export interface IngestedFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  readonly size: number;
  /** @returns less than `length` bytes only at the end */
  read(offset: number, length: number): Buffer | Promise<Buffer>;
}

export function fileOf(path: string, content: Buffer): IngestedFile {
  return {
    path,
    size: content.length,
    read: (offset, length) => content.subarray(offset, offset + length),
  };
}

/** Small files in a few folders. */
export function smallFiles(count: number, bytes = 1000): { path: string; content: Buffer }[] {
  return Array.from({ length: count }, (_, index) => ({
    path: `frames/${index % 7}/frame ${String(index).padStart(5, '0')}.tiff`,
    content: randomBytes(bytes + index),
  }));
}

/** The folders above files, each before what lies in it. */
export function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const names = path.split('/').slice(0, -1);
    names.forEach((_, index) => folders.add(names.slice(0, index + 1).join('/')));
  }
  return [...folders].sort();
}
