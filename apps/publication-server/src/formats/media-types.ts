const byExtension: Readonly<Record<string, string>> = {
  h5: 'application/x-hdf5',
  hdf5: 'application/x-hdf5',
  hdf: 'application/x-hdf',
  nxs: 'application/x-hdf5',
  cxi: 'application/x-hdf5',
  nc: 'application/x-netcdf',
  json: 'application/json',
  xml: 'application/xml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  pdf: 'application/pdf',
  zip: 'application/zip',
  tar: 'application/x-tar',
  gz: 'application/gzip',
  bz2: 'application/x-bzip2',
  xz: 'application/x-xz',
  zst: 'application/zstd',
  txt: 'text/plain',
  log: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  py: 'text/x-python',
  cif: 'chemical/x-cif',
  pdb: 'chemical/x-pdb',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  mp4: 'video/mp4',
};

/** The media type a file's name suggests; nobody looked into the file. */
export function mediaTypeOf(path: string): string {
  return byExtension[extensionOf(path)] ?? 'application/octet-stream';
}

/** The last extension in small letters, empty when there is none that looks like one. */
export function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  const extension = dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
  return /^[a-z0-9]{1,8}$/.test(extension) ? extension : '';
}
