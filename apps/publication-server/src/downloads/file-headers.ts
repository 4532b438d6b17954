import type { FileLine } from '#publication-feed';

/** Headers of a response by name. */
export type Headers = Readonly<Record<string, string | number>>;

/** Types that browsers do not run anything of; all else is bytes. */
const mediaTypes: Readonly<Record<string, string>> = {
  csv: 'text/csv; charset=utf-8',
  cbf: 'application/octet-stream',
  gif: 'image/gif',
  gz: 'application/gzip',
  h5: 'application/x-hdf5',
  hdf5: 'application/x-hdf5',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  log: 'text/plain; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  nxs: 'application/x-hdf5',
  pdf: 'application/pdf',
  png: 'image/png',
  tar: 'application/x-tar',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  txt: 'text/plain; charset=utf-8',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  zip: 'application/zip',
};

/** What every download says: it is never run, never framed, and any page may read it. */
export const safety: Headers = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'cross-origin',
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'Accept-Ranges, Content-Range, Content-Disposition, ETag, Link, Repr-Digest',
  'referrer-policy': 'no-referrer',
};

/** The type of a file by the ending of its name. */
export function mediaTypeOf({ path }: Pick<FileLine, 'path'>): string {
  const ending = /\.([a-z0-9]{1,5})$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(mediaTypes, ending) ? mediaTypes[ending]! : 'application/octet-stream';
}

/** `Content-Disposition` after RFC 6266: a plain name for old clients and the full one for all others. */
export function attachment(path: string): string {
  const name = (path.split('/').at(-1) ?? '').replace(/[\uD800-\uDFFF]/gu, '_').replace(/\p{Cc}/gu, '_');
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const full = encodeURIComponent(name).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"${plain === name ? '' : `; filename*=UTF-8''${full}`}`;
}

/** `Repr-Digest` after RFC 9530. */
export function reprDigest(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`;
}
