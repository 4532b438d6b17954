export type { DatablockSink } from './chunked-sink.js';
export { assertRegisteredFile, memberFromFile, openRegisteredFile } from './file-member.js';
export { checksumListName } from './tar/layout.js';
export {
  datablockFormat,
  manifestName,
  manifestToJson,
  maximumManifestBytes,
  maximumMembers,
  parseManifest,
  payloadFolder,
} from './manifest.js';
export type { DatablockManifest, ManifestMember } from './manifest.js';
export type { DatablockMember } from './member.js';
export {
  isParcelPath,
  maximumParcelBytes,
  parcelFolder,
  parcelHead,
  parcelSize,
  readParcelHead,
  type ParcelEntry,
} from './parcel.js';
export { maxGapBytes, partOf, planPart, rangesOf, type ByteRange, type DatablockPart } from './part.js';
export { isInside } from './small-files/paths.js';
export { openRegularFile, type OpenFile } from './regular-file.js';
export type { RegisteredFile } from './small-files/registered-file.js';
export { WholeContent } from './small-files/whole-content.js';
export { readDatablock, readManifest } from './read-datablock.js';
export type { ReadDatablockOptions, UnpackedMember } from './read-datablock.js';
export { verifyDatablock } from './verify-datablock.js';
export type { VerifiedDatablock } from './verify-datablock.js';
export { readForeignTar, type ForeignMember } from './tar/foreign-tar.js';
export {
  paddingAfter,
  recordSize as tarRecordSize,
  tarHeader,
  tarHeaderSize,
  type TarEntry,
} from './tar/tar-header.js';
export { packedSizeOf, writeDatablock } from './write-datablock.js';
export type { DatablockProgress, DatablockReceipt, WriteDatablockOptions } from './write-datablock.js';
