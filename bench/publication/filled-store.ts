import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { writeDatablock } from '#datablock';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { sha256Of, type FileLine } from '#publication-feed';
import { PublicStore } from '../../apps/publication-server/src/persistence/public-store.js';
import { memberId } from '../../apps/publication-server/src/persistence/records.js';
import { storedRecord } from '../../apps/publication-server/src/persistence/stored-record.js';
import { fileLine, recordOf, resourceOf } from '../../test/publication/support/public-records.js';

const filesOfRecord = 3;

/** A public store as it is after many publications. */
export class FilledStore {
  private readonly mongo: MongoConnection;
  private readonly store: PublicStore;

  constructor(uri: string) {
    const logger = createLogger('publication.bench', 'error');
    this.mongo = new MongoConnection({ uri, appName: 'publication.bench' }, logger);
    this.store = new PublicStore(this.mongo, logger);
  }

  static doi(n: number): string {
    return `10.5072/bench-${String(n).padStart(8, '0')}`;
  }

  /** Every tenth record is a version of the one before it; each has a few files. */
  async fill(records: number): Promise<void> {
    await this.mongo.whenReady();
    for (let first = 0; first < records; first += 1000) {
      const numbers = Array.from({ length: Math.min(1000, records - first) }, (_, index) => first + index);
      await this.store.records.insertMany(numbers.map((n) => this.record(n)));
      await this.store.files.insertMany(numbers.flatMap((n) => this.files(n)));
    }
  }

  /** A publication whose files lie in a datablock: one large, two hundred small. */
  async download(doi: string, path: string, origin: string, megabytes: number): Promise<void> {
    const files = await this.packed(path, origin, megabytes);
    const list = sha256Of(doi);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    const stored = storedRecord(
      recordOf(doi, { files: { sha256: list, count: files.length, bytes, parts: 1 } }),
      new Date(),
    );
    const datestamp = new Date();
    await this.store.records.insertOne({ ...stored, datestamp, settled: true, arrivedAt: datestamp });
    await this.store.files.insertMany(files.map((line, n) => ({ ...line, list, n, _id: lineId(list, n) })));
  }

  async remove(): Promise<void> {
    await this.mongo.connection.dropDatabase();
    await this.mongo.close();
  }

  private record(n: number) {
    const doi = FilledStore.doi(n);
    const list = sha256Of(doi);
    const before = { relatedIdentifier: FilledStore.doi(n - 1), relatedIdentifierType: 'DOI' } as const;
    const versions = n % 10 === 9 ? [{ ...before, relationType: 'IsNewVersionOf' as const }] : [];
    const paper = { relatedIdentifier: '10.1234/paper', relatedIdentifierType: 'DOI' } as const;
    const stored = storedRecord(
      recordOf(doi, {
        resource: resourceOf(doi, {
          relatedIdentifiers: [{ ...paper, relationType: 'IsSupplementTo' }, ...versions],
        }),
        files: { sha256: list, count: filesOfRecord, bytes: 3_000_000, parts: 1 },
      }),
      new Date(),
    );
    const datestamp = new Date(1_700_000_000_000 + n * 1000);
    return { ...stored, datestamp, settled: true, arrivedAt: datestamp };
  }

  private files(n: number) {
    const list = sha256Of(FilledStore.doi(n));
    return Array.from({ length: filesOfRecord }, (_, index) => ({
      ...fileLine(`run/${index}.h5`, { size: 1_000_000 }),
      ...{ _id: lineId(list, index), list, n: index },
    }));
  }

  private async packed(path: string, origin: string, megabytes: number): Promise<FileLine[]> {
    const file = await open(path, 'w');
    let end = 0;
    const piece = randomBytes(1024 * 1024);
    const pieces = function* (count: number): Generator<Buffer> {
      for (let index = 0; index < count; index += 1) yield piece;
    };
    const small = randomBytes(10_000);
    const modifiedAt = new Date('2026-01-01T00:00:00Z');
    const archiveId = 'bench/1/0.tar';
    const { manifest, packedSize } = await writeDatablock({
      identity: { archiveId },
      members: [
        {
          path: 'big.bin',
          size: megabytes * piece.length,
          modifiedAt,
          open: () => Promise.resolve(Readable.from(pieces(megabytes))),
        },
        ...Array.from({ length: 200 }, (_, index) => ({
          path: `small/${index}.dat`,
          size: small.length,
          modifiedAt,
          open: () => Promise.resolve(Readable.from([small])),
        })),
      ],
      sink: {
        write: async (chunk) => {
          await file.write(chunk, 0, chunk.length, end);
          end += chunk.length;
        },
        writeAt: async (offset, chunk) => void (await file.write(chunk, 0, chunk.length, offset)),
      },
    });
    await file.truncate(packedSize);
    await file.close();
    await this.store.members.insertMany(
      manifest.members.map(({ path: member, offset, size, sha256 }) => ({
        _id: memberId(archiveId, member),
        ...{ archiveId, offset, size, sha256 },
      })),
    );
    await this.store.copies.insertOne({
      _id: archiveId,
      archiveId,
      members: manifest.members.length,
      url: `${origin}/block.tar`,
      size: packedSize,
      sha256: sha256Of(''),
      expiresAt: new Date(Date.now() + 3_600_000),
    });
    return manifest.members.map(({ path: member, size, sha256 }) =>
      fileLine(member, { size, sha256, archiveId, member }),
    );
  }
}

function lineId(list: string, n: number): string {
  return `${list}/${String(n).padStart(7, '0')}`;
}
