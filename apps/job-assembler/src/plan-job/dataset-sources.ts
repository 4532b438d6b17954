import { Inject, Injectable } from '@nestjs/common';
import type { FileLine, OriginalsSource } from '#contracts';
import { formerPidName, pidAsName, PermanentError } from '#kernel';
import type { Ownership } from '#source-folders';
import { CatalogClient, type CatalogDataset } from '../catalog/catalog-client.js';
import { sharingFormerName } from '../domain/former-names.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { DatasetFiles } from './dataset-files.js';

const longestId = 500;
const maxIds = 1000;

/** Where a dataset's files are read from, and which. */
interface SourceAndBlocks {
  readonly source: OriginalsSource;
  readonly dataset: CatalogDataset;
  /** The files, cut into datablocks. */
  readonly blocks: AsyncGenerator<FileLine[]>;
}

/** Finds out where the originals of a dataset lie, and whether its owner may have them read from there. */
@Injectable()
export class DatasetSources {
  constructor(
    private readonly catalog: CatalogClient,
    private readonly files: DatasetFiles,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  /** @param moved called while the file list is read. @throws PermanentError `assembly.source-refused` */
  async of(pid: string, moved: () => Promise<void>): Promise<SourceAndBlocks> {
    const dataset = await this.catalog.dataset(pid);
    const { sourceFolder } = dataset;
    const source = this.config.sourceFolders.covers(sourceFolder)
      ? await this.admittedFolder(dataset)
      : await this.landingZone(pid);
    return { source, dataset, blocks: this.files.split(pid, sourceFolder, moved) };
  }

  private async admittedFolder(dataset: CatalogDataset): Promise<OriginalsSource> {
    const { pid, sourceFolder } = dataset;
    const ownership = await this.ownershipOf(dataset);
    const refusal = this.config.sourceFolders.refusal(sourceFolder, ownership);
    if (refusal !== undefined)
      throw new PermanentError(
        'assembly.source-refused',
        `Expected a source folder that dataset ${pid} may be read from, found ${sourceFolder}: ${refusal}. Correct the dataset's sourceFolder or ownerGroup, or ask the operators for an entry in SOURCE_FOLDERS_FILE.`,
        { details: { pid, sourceFolder } },
      );
    return {
      kind: 'source-folder',
      location: sourceFolder,
      ownership: {
        ownerGroup: ownership.ownerGroup,
        proposalIds: [...ownership.proposalIds],
        instrumentIds: [...ownership.instrumentIds],
      },
    };
  }

  /** Anybody may write any proposal into a dataset: only those of the owner group say anything about it. */
  private async ownershipOf(dataset: CatalogDataset): Promise<Ownership> {
    const ownerGroup = dataset.ownerGroup ?? '';
    const proposalIds: string[] = [];
    if (this.config.sourceFolders.asksForProposals)
      for (const id of idsOf(dataset.proposalIds, dataset.proposalId))
        if (ownerGroup !== '' && (await this.catalog.proposalGroup(id)) === ownerGroup) proposalIds.push(id);
    return { ownerGroup, proposalIds, instrumentIds: idsOf(dataset.instrumentIds, dataset.instrumentId) };
  }

  /**
   * Uploads from before 0.2 lie under a name that two datasets may have. They are read there only where operators have
   * said that such uploads are still expected, and no other dataset has the name.
   */
  private async landingZone(pid: string): Promise<OriginalsSource> {
    const source = {
      kind: 'landing-zone' as const,
      location: pidAsName(pid),
      bucket: this.config.landingZoneBucket,
    };
    if (!this.config.readsFormerNames) return source;
    const others = sharingFormerName(pid);
    if (others === undefined || (await this.catalog.existing(others)).length > 0) return source;
    return { ...source, formerLocation: formerPidName(pid) };
  }
}

/** Usable ids: the field may hold one or a list, and older documents hold nulls. */
function idsOf(list: CatalogDataset['proposalIds'], single: CatalogDataset['proposalId']): string[] {
  const usable = [...(list ?? []), single].filter(
    (id) => typeof id === 'string' && id !== '' && id.length <= longestId,
  );
  return [...new Set(usable as string[])].slice(0, maxIds);
}
