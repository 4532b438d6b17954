import { Readable } from 'node:stream';
import { readDatablock } from '#datablock';

/** Files of a datablock, by their paths, read as the product reads them. @throws for what is no whole datablock */
export async function filesIn(tar: Buffer): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { path, content } of readDatablock(
    Readable.from([tar], { objectMode: false }) as AsyncIterable<Buffer>,
  )) {
    const chunks: Buffer[] = [];
    for await (const chunk of content) chunks.push(chunk);
    files.set(path, Buffer.concat(chunks).toString());
  }
  return files;
}
