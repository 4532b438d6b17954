import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { messageOf } from '#kernel';

export interface WebFile {
  readonly type: string;
  readonly etag: string;
  readonly content: Buffer;
  /** Where that is smaller. */
  readonly packed?: Buffer;
  /** Its name tells its content. */
  readonly lasting: boolean;
}

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  woff2: 'font/woff2',
};
/** Bytes of all files: they are kept in memory. */
const most = 32 * 1024 * 1024;

/** Where `npm run build` puts the browser part. */
const builtFolder = fileURLToPath(new URL('../../../../../dist/apps/console-web/', import.meta.url));

export interface WebFiles {
  readonly index: WebFile | undefined;
  /** By name, of those in `assets`. */
  readonly assets: ReadonlyMap<string, WebFile>;
  /** What is wrong with the folder, for the log and for people. */
  readonly problem?: string;
}

/**
 * The built browser part, read once: no request reaches a file system.
 *
 * @param folder undefined: where the build puts it
 */
export function webFilesIn(folder: string = builtFolder): WebFiles {
  try {
    const names = readdirSync(join(folder, 'assets')).filter((name) =>
      statSync(join(folder, 'assets', name)).isFile(),
    );
    const size = names.reduce((sum, name) => sum + statSync(join(folder, 'assets', name)).size, 0);
    if (size > most) throw new Error(`expected at most ${most} bytes, found ${size}`);
    const assets = names.flatMap((name): [string, WebFile][] => {
      const file = fileOf(name, readFileSync(join(folder, 'assets', name)));
      return file === undefined ? [] : [[name, file]];
    });
    return { index: fileOf('index.html', readFileSync(join(folder, 'index.html'))), assets: new Map(assets) };
  } catch (error) {
    const problem = `Expected the browser part of the console in ${folder} (CONSOLE_WEB_FOLDER): ${messageOf(error)}. \`npm run build\` makes it.`;
    return { index: undefined, assets: new Map(), problem };
  }
}

/** Undefined for kinds of files that a browser part does not have, such as maps of sources. */
export function fileOf(name: string, content: Buffer): WebFile | undefined {
  const type = types[name.split('.').at(-1) ?? ''];
  if (type === undefined) return undefined;
  const packed = /^(text|application)\/|svg/.test(type) ? gzipSync(content, { level: 9 }) : undefined;
  return {
    ...{ type, content },
    etag: createHash('sha256').update(content).digest('base64url').slice(0, 27),
    ...(packed !== undefined && packed.length < content.length ? { packed } : {}),
    lasting: /-[A-Za-z0-9_]{8,}\.[a-z0-9]+$/.test(name),
  };
}
