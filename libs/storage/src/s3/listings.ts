import type { ListedObject, PendingUpload } from '../object-store.js';
import { encoded } from './presign.js';
import type { S3Client } from './s3-client.js';
import type { CallSubject } from './s3-errors.js';
import { elementsOf, keyDecoderOf, textOf } from './s3-xml.js';

/** Objects under a prefix, page by page. */
export async function* listObjects(
  client: S3Client,
  bucket: string,
  prefix: string,
): AsyncGenerator<ListedObject, void, undefined> {
  const subject = { action: 'list', bucket, key: prefix };
  for (let token: string | undefined = ''; token !== undefined;) {
    const page: string = await readPage(client, subject, {
      'continuation-token': token,
      'encoding-type': 'url',
      'list-type': '2',
      'max-keys': String(client.pageSize),
      prefix,
    });
    const decode = keyDecoderOf(page);
    for (const entry of elementsOf(page, 'Contents')) {
      yield {
        key: decode(textOf(entry, 'Key') ?? ''),
        size: Number(textOf(entry, 'Size')),
        etag: (textOf(entry, 'ETag') ?? '').replaceAll('"', ''),
        modifiedAt: new Date(textOf(entry, 'LastModified') ?? ''),
      };
    }
    token = textOf(page, 'IsTruncated') === 'true' ? textOf(page, 'NextContinuationToken') : undefined;
  }
}

/** Unfinished uploads under a prefix, page by page. */
export async function* listUploads(
  client: S3Client,
  bucket: string,
  prefix: string,
): AsyncGenerator<PendingUpload, void, undefined> {
  const subject = { action: 'list the uploads of', bucket, key: prefix };
  let last: PendingUpload | undefined;
  for (let more = true; more;) {
    // Without a delimiter: an empty one makes Swift fold all uploads into a common prefix.
    const page = await readPage(client, subject, {
      'encoding-type': 'url',
      // Not the answer's NextKeyMarker, which Swift leaves unencoded among encoded keys; it is the last entry anyhow.
      'key-marker': last?.key ?? '',
      'max-uploads': String(client.pageSize),
      prefix,
      'upload-id-marker': last?.uploadId ?? '',
      uploads: '',
    });
    const decode = keyDecoderOf(page);
    more = false;
    for (const entry of elementsOf(page, 'Upload')) {
      last = {
        key: decode(textOf(entry, 'Key') ?? ''),
        uploadId: textOf(entry, 'UploadId') ?? '',
        begunAt: new Date(textOf(entry, 'Initiated') ?? ''),
      };
      yield last;
      more = textOf(page, 'IsTruncated') === 'true';
    }
  }
}

function readPage(client: S3Client, subject: CallSubject, query: Record<string, string>): Promise<string> {
  const pairs = Object.entries(query)
    .filter(([name, value]) => value !== '' || name === 'uploads')
    .map(([name, value]) => (value === '' ? name : `${name}=${encoded(value)}`));
  return client.call(subject, async () => {
    const response = await client.makeRequestAsync({
      method: 'GET',
      bucketName: subject.bucket,
      // Signed as written, and signatures sort.
      query: pairs.sort().join('&'),
    });
    let answer = '';
    for await (const chunk of response.setEncoding('utf8')) answer += String(chunk);
    return answer;
  });
}
