import { paddingAfter, tarHeader, tarHeaderSize, tarRecordSize } from '#datablock';
import type { ArchiveEntry, ArchiveFormat, ArchiveTotals } from './archive-format.js';

const permissions = 0o644;
/** Two blocks of zeros end a tar. */
const closing = 1024;

/** POSIX tar with PAX headers where names, sizes or times need them. */
export const tarFormat: ArchiveFormat = {
  name: 'tar',
  mediaType: 'application/x-tar',
  hasChecksums: false,
  headSize: (entry) => tarHeaderSize(tarEntry(entry)),
  head: (entry) => tarHeader(tarEntry(entry), entry.position),
  tailSize: ({ size }) => paddingAfter(size),
  tail: ({ size }) => Buffer.alloc(paddingAfter(size)),
  directorySize: () => 0,
  directory: () => Buffer.alloc(0),
  endSize,
  end: (totals) => Buffer.alloc(endSize(totals)),
};

function tarEntry({ path, size, modified }: ArchiveEntry): Parameters<typeof tarHeader>[0] {
  return { name: path, size, permissions, modifiedAt: modified };
}

function endSize({ content }: ArchiveTotals): number {
  return Math.ceil((content + closing) / tarRecordSize) * tarRecordSize - content;
}
