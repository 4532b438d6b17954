import { createHash, randomBytes } from 'node:crypto';

/** Bytes that a worker shall keep, and what the commands say about them. */
export interface SampleTar {
  readonly bytes: Buffer;
  readonly packedSize: number;
  readonly sha256: string;
}

const block = 512;

/** A tar with one file of random bytes: no two are alike, so none can stand for another one. */
export function sampleTar(contentSize: number): SampleTar {
  const content = randomBytes(contentSize);
  const padding = Buffer.alloc((block - (contentSize % block)) % block);
  return sampleOf(
    Buffer.concat([headerOf('sample.dat', contentSize), content, padding, Buffer.alloc(2 * block)]),
  );
}

/** The same with one byte changed, under the checksum of the original. */
export function spoilt({ bytes, ...said }: SampleTar): SampleTar {
  const changed = Buffer.from(bytes);
  const place = Math.floor(changed.length / 2);
  changed[place] = changed[place]! ^ 1;
  return { bytes: changed, ...said };
}

function sampleOf(bytes: Buffer): SampleTar {
  return { bytes, packedSize: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** POSIX ustar. */
function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(block);
  const put = (text: string, at: number): void => void header.write(text, at, 'ascii');
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  put(name, 0);
  put(octal(0o644, 8), 100);
  put(octal(0, 8), 108);
  put(octal(0, 8), 116);
  put(octal(size, 12), 124);
  put(octal(0, 12), 136);
  put(' '.repeat(8), 148);
  put('0ustar\x0000', 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
