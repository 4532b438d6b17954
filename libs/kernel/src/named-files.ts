import { CatenaError } from './catena-error.js';
import { listedPath } from './listed-path.js';

/** Bytes of the longest pattern: databases take twice as many. */
const maxPatternBytes = 16_000;

/**
 * Files of a dataset that a request names: single ones by their paths, and folders, with or without a slash at the end, which mean
 * everything below them. Names and paths are compared as `listedPath` reads them, so that `/data/x/f` and `f` are one file of the
 * source folder `/data/x`; a file that is named twice is one. Nothing is expanded: a star is a star.
 */
export class NamedFiles {
  /** By the path inside the dataset; the empty one is the whole dataset. */
  private readonly names = new Map<string, string>();
  private readonly unmet = new Set<string>();

  constructor(
    names: readonly string[],
    private readonly sourceFolder?: string | null,
  ) {
    for (const name of names) {
      const inside = this.insideOf(name);
      if (inside === undefined) this.unmet.add(name);
      else if (!this.names.has(inside)) {
        this.names.set(inside, name);
        this.unmet.add(name);
      }
    }
  }

  /** Names of which no file was seen, as they were given. */
  get missing(): string[] {
    return [...this.unmet];
  }

  /**
   * Whether this file is named; then its names are not missing any more.
   *
   * @param path as the catalogue, or a datablock, lists it
   */
  see(path: string): boolean {
    const inside = this.pathOf(path);
    let isNamed = this.meet(inside);
    for (let slash = inside.lastIndexOf('/'); slash > 0; slash = inside.lastIndexOf('/', slash - 1))
      if (this.meet(inside.slice(0, slash))) isNamed = true;
    return this.meet('') || isNamed;
  }

  /**
   * A pattern for a database, so that it need not show every path: all that `see` takes match it, and few others do. Undefined where
   * there is none, or it would be too long.
   */
  pattern(): RegExp | undefined {
    const names = [...this.names.keys()];
    if (names.length === 0 || names.includes('')) return undefined;
    const folder = this.sourceFolder ?? '';
    const before = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
    const source = `^(?:[.]/+)*(?:${escaped(before)})?(?:${names.map(escaped).join('|')})(?:/|$)`;
    if (source.includes('\0') || Buffer.byteLength(source) > maxPatternBytes) return undefined;
    return new RegExp(source);
  }

  private meet(inside: string): boolean {
    const name = this.names.get(inside);
    if (name !== undefined) this.unmet.delete(name);
    return name !== undefined;
  }

  private insideOf(name: string): string | undefined {
    const bare = withoutSlashes(name);
    if (bare === '') return undefined;
    if (bare === withoutSlashes(this.sourceFolder ?? '')) return '';
    return this.pathOf(bare);
  }

  /** One that no datablock could hold, as lists of before may have them, stays as it is. */
  private pathOf(path: string): string {
    try {
      return listedPath(path, this.sourceFolder);
    } catch (error) {
      if (error instanceof CatenaError) return path;
      throw error;
    }
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function withoutSlashes(name: string): string {
  let end = name.length;
  while (end > 0 && name[end - 1] === '/') end -= 1;
  return name.slice(0, end);
}
