type Condition = Readonly<Record<string, unknown>>;

/** Who asks, and what that means for the database. */
export interface Asker {
  readonly username: string;
  readonly groups: readonly string[];
  /** What lists show, and what searches show; undefined: everything. */
  readonly mayRead: Condition | undefined;
  readonly mayQuery: Condition | undefined;
}

export const password = 'bench';

export const administrator: Asker = {
  ...{ username: 'administrator', groups: ['administrators'] },
  ...{ mayRead: undefined, mayQuery: undefined },
};

const groups = ['group7', 'group8', 'beamline3'];
const own = [{ ownerGroup: { $in: groups } }, { accessGroups: { $in: groups } }];

/** In three groups: two of a hundred owners, and one of twenty beamlines. */
export const member: Asker = {
  ...{ username: 'member', groups },
  mayRead: { $or: [...own, { isPublished: true }, { sharedWith: 'member@example.org' }] },
  mayQuery: { $or: own },
};

const keywords = ['neutron', 'photon', 'muon', 'imaging', 'diffraction'];

/** Dataset number `index`, as SciCat stores one: about 1.5 KB. */
export function storedDataset(index: number): { _id: string; [field: string]: unknown } {
  const pid = pidOf(index);
  const at = new Date(Date.UTC(2020, 0, 1) + index * 60_000);
  return {
    _id: pid,
    pid,
    type: index % 3 === 0 ? 'derived' : 'raw',
    owner: `Person ${index % 500}`,
    contactEmail: `person${index % 500}@example.org`,
    ownerGroup: `group${index % 100}`,
    accessGroups: [`beamline${index % 20}`],
    isPublished: index % 10 === 0,
    sharedWith: [],
    datasetName: `run ${index}`,
    description: `Measurement ${index} of sample ${index % 1000} at ${index % 300} K`,
    sourceFolder: `/data/group${index % 100}/run${index}`,
    creationLocation: `/SITE/X${index % 30}`,
    creationTime: at,
    keywords: [keywords[index % keywords.length], `k${index % 50}`],
    proposalIds: [`p${index % 1000}`],
    sampleIds: [`s${index % 1000}`],
    instrumentIds: [`i${index % 30}`],
    principalInvestigators: [`Person ${index % 500}`],
    size: index * 1000,
    numberOfFiles: 3,
    packedSize: 0,
    numberOfFilesArchived: 0,
    classification: 'IN=medium,AV=low,CO=low',
    techniques: [],
    relationships: [],
    scientificMetadata: Object.fromEntries(
      ['energy', 'temperature', 'pressure', 'distance'].map((name, place) => [
        name,
        { value: index % (100 * (place + 1)), unit: 'm', valueSI: index % (100 * (place + 1)), unitSI: 'm' },
      ]),
    ),
    datasetlifecycle: {
      archivable: index % 4 !== 0,
      retrievable: false,
      publishable: false,
      isOnCentralDisk: true,
      archiveStatusMessage: 'datasetCreated',
      retrieveStatusMessage: '',
      retrieveIntegrityCheck: false,
      publishedOn: at,
      dateOfPublishing: at,
      archiveRetentionTime: at,
      dateOfDiskPurging: at,
    },
    version: '3',
    createdBy: 'ingestor',
    updatedBy: 'ingestor',
    createdAt: at,
    updatedAt: at,
    __v: 0,
  };
}

export function pidOf(index: number): string {
  return `20.500.12345/${String(index).padStart(8, '0')}`;
}
