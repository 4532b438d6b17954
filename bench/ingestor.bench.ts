import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { S3ObjectStore } from '#storage';
import { ingested, IngestorStage, mebibyte } from '../test/support/ingestor/ingestor-stage.js';
import { Installation } from '../test/support/installation.js';

/**
 * What it costs that ingestors send through Catena: the same bytes, with the same number of requests at a time, through the relay and straight
 * to the object store by signed links; and small files with all their calls. Both in one run.
 */
const parts = Number(process.env['INGESTOR_BENCH_PARTS'] ?? '16');
const partSize = 64 * mebibyte;
const smallCount = Number(process.env['INGESTOR_BENCH_FILES'] ?? '300');
const atOnce = 4;
const bucket = 'bench-of-ingestors';

const installation = await Installation.create();
try {
  await installation.start();
  const stage = new IngestorStage(installation, await installation.client('demo'));
  const { services } = installation.settings;
  const store = new S3ObjectStore({
    endpoint: services['S3_ENDPOINT'] ?? '',
    accessKey: services['S3_ACCESS_KEY'] ?? '',
    secretKey: services['S3_SECRET_KEY'] ?? '',
    region: services['S3_REGION'] ?? 'us-east-1',
  });
  await store.ensureBucket(bucket);
  await large(stage, store);
  await small(stage, store);
} finally {
  await installation.stop(process.env['KEEP'] !== undefined);
}

async function large(stage: IngestorStage, store: S3ObjectStore): Promise<void> {
  const content = randomBytes(partSize);
  const file = {
    path: 'movie.mrc',
    size: parts * partSize,
    read: (offset: number, length: number) =>
      content.subarray(offset % partSize, (offset % partSize) + length),
  };
  const direct = await seconds(() =>
    straight(
      store,
      Array.from({ length: parts }, () => content),
    ),
  );
  const ingestor = await stage.ingestor({ chunkSize: partSize, poolSize: atOnce });
  const relayed = await seconds(() => ingestor.ingest([file]));
  const bytes = (parts * partSize) / mebibyte;
  console.log(`${parts} parts of 64 MiB, ${atOnce} at a time`);
  console.log(`  straight to the store      ${(bytes / direct).toFixed(1)} MiB/s`);
  console.log(
    `  an Ingestor, through Catena ${(bytes / relayed).toFixed(1)} MiB/s (${(direct / relayed).toFixed(2)} of it)`,
  );
}

async function small(stage: IngestorStage, store: S3ObjectStore): Promise<void> {
  const files = Array.from({ length: smallCount }, (_, index) => ({
    path: `f${index}`,
    content: randomBytes(20_000),
  }));
  const direct = await seconds(() =>
    straight(
      store,
      files.map(({ content }) => content),
    ),
  );
  const ingestor = await stage.ingestor();
  const relayed = await seconds(() => ingestor.ingest(ingested(files)));
  console.log(`${smallCount} files of 20 kB`);
  console.log(
    `  straight to the store, ${atOnce} at a time         ${(smallCount / direct).toFixed(1)} a second`,
  );
  console.log(
    `  an Ingestor, from registration to the end  ${(smallCount / relayed).toFixed(1)} a second (${(direct / relayed).toFixed(2)} of it)`,
  );
}

/** PUTs by signed links, as to a store that would take them. */
async function straight(store: S3ObjectStore, contents: readonly Buffer[]): Promise<void> {
  const source = contents.entries();
  const lane = async (): Promise<void> => {
    for (const [index, content] of source) {
      const url = await store.presignedPut(bucket, `bench/${index}`, content.length, 3600);
      // What a client of the protocol computes as well.
      createHash('sha256').update(content).digest();
      const { status } = await fetch(url, { method: 'PUT', body: content });
      assert.equal(status, 200);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}
