/** What the publication server takes; the publisher keeps within it. */
export const feedLimits = {
  /** Bytes of one record as JSON, pictures included. */
  recordBytes: 6 * 1024 * 1024,
  /** Lines of one part of a file list; every part but the last has just as many. */
  linesPerPart: 1000,
  /** Bytes of one part of a file list. */
  partBytes: 32 * 1024 * 1024,
  /** Parts of one file list: five million files. */
  parts: 5000,
  pictures: 8,
  /** Bytes of one picture. */
  pictureBytes: 256 * 1024,
  /** Rows of one page of the digest. */
  digestRows: 5000,
} as const;
