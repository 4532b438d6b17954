import { newId } from '#kernel';

/**
 * Where things lie below the prefix of a storage. An object has no second name and cannot be moved, so names are small
 * objects that point to the data: setting aside and bringing back moves the pointer, and cold data stay where they are.
 */
export class S3Keys {
  constructor(private readonly prefix: string) {}

  /** Names of finished files. */
  pointer(name: string): string {
    return `${this.prefix}names/${name}`;
  }

  /** What was set aside. */
  aside(name: string, token: string): string {
    return `${this.asides(name)}${token}`;
  }

  asides(name: string): string {
    return `${this.prefix}aside/${name}/`;
  }

  /** A place for bytes that no other writer has, not even one with the same token. */
  newData(name: string, token: string): string {
    return `${this.data(name)}${token}.${newId()}`;
  }

  /** All that was written for a name. */
  data(name: string): string {
    return `${this.prefix}data/${name}/`;
  }

  /** The token of whoever wrote this; undefined when it is of a longer name. */
  writerOf(key: string, name: string): string | undefined {
    const [, token] = /^([A-Za-z0-9_-]{1,64})\.[^/]+$/.exec(key.slice(this.data(name).length)) ?? [];
    return token;
  }

  /** Of writers that are giving this name to their bytes. */
  claims(name: string): string {
    return `${this.prefix}claims/${name}/`;
  }

  /** Says that an archiver is about to remove these data, because nothing points to them. */
  tombstone(dataKey: string): string {
    return `${this.prefix}doomed/${dataKey.slice(this.data('').length - 1)}`;
  }

  nameOf(pointerKey: string): string {
    return pointerKey.slice(this.pointer('').length);
  }

  asideOf(key: string): { readonly name: string; readonly token: string } {
    const path = key.slice(`${this.prefix}aside/`.length);
    const slash = path.lastIndexOf('/');
    return { name: path.slice(0, slash), token: path.slice(slash + 1) };
  }

  asidesBelow(prefix: string): string {
    return `${this.prefix}aside/${prefix}`;
  }
}
