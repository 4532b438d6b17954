import { realpath, stat } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import type { FileLine, OriginalsSource } from '#contracts';
import {
  assertRegisteredFile,
  maximumParcelBytes,
  openRegisteredFile,
  WholeContent,
  type DatablockMember,
  type RegisteredFile,
} from '#datablock';
import {
  CatenaError,
  pidAsName,
  formerPidName,
  PermanentError,
  safeRelativePath,
  messageOf,
  TransientError,
} from '#kernel';
import { accountsOnDisk, isMountAway, ownersOf, unmountedRoot, type Ownership } from '#source-folders';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { LandedParcels } from './landed-parcels.js';
import type { ReadVersions } from './read-versions.js';

type OpenFile = (file: FileLine) => Promise<AsyncIterable<Uint8Array>>;

const nobody: Ownership = { ownerGroup: '', proposalIds: [], instrumentIds: [] };

/** The original files of a datablock: how to open them where they lie. */
@Injectable()
export class Originals {
  private readonly accounts = accountsOnDisk();

  constructor(
    private readonly store: ObjectStore,
    private readonly claimChecks: ClaimChecks,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /** @param versions remembers which objects of the landing zone were read */
  async members(
    pid: string,
    source: OriginalsSource,
    files: readonly FileLine[],
    versions: ReadVersions,
  ): Promise<DatablockMember[]> {
    const open =
      source.kind === 'source-folder'
        ? await this.fromFolder(pid, source)
        : await this.fromLandingZone(this.prefixesOf(pid, source), files, versions);
    return files.map((file) => ({
      path: safeRelativePath(file.path),
      size: file.size,
      modifiedAt: new Date(file.time),
      ...(file.perm !== undefined && /^[0-7]{3,4}$/.test(file.perm)
        ? { permissions: parseInt(file.perm, 8) & 0o777 }
        : {}),
      ...(file.sha256 === undefined ? {} : { expectedSha256: file.sha256 }),
      open: () => open(file),
    }));
  }

  /**
   * Where objects of the dataset may lie in the landing zone, and nowhere else, whatever a message says: that of its own
   * name, and that of its former one where the planner found that no other dataset shares it.
   *
   * @throws PermanentError `archiver.source-refused`
   */
  prefixesOf(pid: string, { bucket, location, formerLocation }: OriginalsSource): string[] {
    const own = location === pidAsName(pid) && (bucket ?? '') === this.config.landingZoneBucket;
    if (!own || (formerLocation !== undefined && formerLocation !== formerPidName(pid)))
      throw new PermanentError(
        'archiver.source-refused',
        `Expected originals of ${pid} in ${this.config.landingZoneBucket}/${pidAsName(pid)}, found ${bucket ?? 'no bucket'}/${formerLocation ?? location}. Retry the job, so that it is planned anew.`,
      );
    return formerLocation === undefined ? [location] : [location, formerLocation];
  }

  /** Small files may have come many to an object; all others have one of their own. */
  private async fromLandingZone(
    prefixes: readonly string[],
    files: readonly FileLine[],
    versions: ReadVersions,
  ): Promise<OpenFile> {
    const [store, bucket] = [this.store, this.config.landingZoneBucket];
    const parcels = await LandedParcels.holding(files, { store, bucket, prefixes });
    const fromBucket = this.fromBucket(prefixes, versions);
    return async (file) => {
      const place = parcels.placeOf(file);
      if (place === undefined)
        return fromBucket(file).catch((error: unknown) => this.missed(file, prefixes, error));
      const bytes = await parcels.read(place);
      versions.remember({ path: file.path, key: place.key, etag: place.etag });
      return new WholeContent(bytes);
    };
  }

  /**
   * A file that may have come in a parcel, and is found neither in one nor by itself: the listing that the parcels were found by
   * may lag behind what has arrived. The order is tried again, with another listing, before the file counts as missing.
   */
  private missed({ path, size, sha256 }: FileLine, prefixes: readonly string[], error: unknown): never {
    const isMissing = error instanceof CatenaError && error.code === 'storage.not-found';
    if (isMissing && sha256 !== undefined && size <= maximumParcelBytes)
      this.claimChecks.waitFor(this.config.landingZoneBucket, `${prefixes[0]}/${path}`, error);
    throw error;
  }

  private fromBucket(prefixes: readonly string[], versions: ReadVersions): OpenFile {
    return async ({ path }) => {
      for (const [index, prefix] of prefixes.entries()) {
        const key = `${prefix}/${path}`;
        try {
          const { body, etag } = await this.store.open(this.config.landingZoneBucket, key);
          versions.remember({ path, key, etag });
          return body;
        } catch (error) {
          const missing = error instanceof CatenaError && error.code === 'storage.not-found';
          if (!missing || index === prefixes.length - 1) throw error;
        }
      }
      throw new PermanentError('archiver.source-refused', `Expected a place for ${path}, found none.`);
    };
  }

  private async fromFolder(pid: string, source: OriginalsSource): Promise<OpenFile> {
    const root = await this.admitted(pid, source.location, source.ownership ?? nobody);
    return async ({ path, size, time }) => {
      try {
        const registered = { path, size, modifiedAt: new Date(time) };
        return await openRegisteredFile(root, registered, this.config.sourceTimeTolerance);
      } catch (error) {
        if (isMountAway(error)) throw sourceAway(source.location, messageOf(error), error);
        // The mount may have gone since the folder was looked at.
        await this.assertMounted(source.location);
        throw error;
      }
    };
  }

  /**
   * Tells of files in a source folder whether they are there, as they were registered.
   *
   * @throws TransientError `archiver.source-away`, also while files are looked at
   * @throws PermanentError when the folder is gone, or may not be read for the dataset
   */
  async folderOf(
    pid: string,
    { location, ownership }: OriginalsSource,
  ): Promise<(file: RegisteredFile) => Promise<boolean>> {
    const root = await this.admitted(pid, location, ownership ?? nobody);
    return async (file) => {
      try {
        await assertRegisteredFile(root, file, this.config.sourceTimeTolerance);
        return true;
      } catch (error) {
        if (isMountAway(error)) throw sourceAway(location, messageOf(error), error);
        await this.assertMounted(location);
        if (!isOfTheFile(error)) throw error;
        return false;
      }
    };
  }

  /** @throws TransientError `archiver.source-away` */
  private async assertMounted(folder: string): Promise<void> {
    const complaint = await unmountedRoot(this.config.sourceFolders, folder);
    if (complaint !== undefined) throw sourceAway(folder, complaint);
  }

  /**
   * The folder itself, links resolved, if the rules let the dataset's owner group have it read: as it is written in the
   * catalogue, and as it really is.
   */
  private async admitted(pid: string, folder: string, owner: Ownership): Promise<string> {
    const { sourceFolders } = this.config;
    // First: below a root that is not there nothing can be found, and nobody can be blamed for it.
    await this.assertMounted(folder);
    const resolved = await realpath(folder).catch((error: NodeJS.ErrnoException) => {
      if (isMountAway(error)) throw sourceAway(folder, messageOf(error), error);
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
        throw new PermanentError(
          'archiver.originals-incomplete',
          `Expected the source folder ${folder}, found none, while the root above it is there: create the folder, or correct the dataset's sourceFolder.`,
        );
      throw error;
    });
    const owners = sourceFolders.asksForOwners
      ? await ownersOf(await stat(resolved), this.accounts)
      : { user: undefined, group: undefined };
    const real = await sourceFolders.withRealRoots((root) => realpath(root).catch(() => root));
    const refusal = sourceFolders.refusal(folder, owner, owners) ?? real.refusal(resolved, owner, owners);
    if (refusal === undefined) return resolved;
    throw new PermanentError(
      'archiver.source-refused',
      `Expected a source folder that dataset ${pid} may be read from, found ${folder}: ${refusal}. Correct the dataset, or SOURCE_FOLDERS_FILE.`,
    );
  }
}

/** Whether a fault tells of the file itself, that it is gone or another, and not of the way to it. */
function isOfTheFile(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return error instanceof PermanentError || ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code ?? '');
}

/** As of a share that is not mounted: work waits until it is. */
function sourceAway(folder: string, complaint: string, cause?: unknown): TransientError {
  return new TransientError(
    'archiver.source-away',
    `Expected the root above the source folder ${folder} to be mounted on the archiver, found that it is not: ${complaint}. Mount it; work goes on by itself.`,
    { away: true, details: { folder }, cause },
  );
}
