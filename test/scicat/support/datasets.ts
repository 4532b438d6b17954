type Fields = Record<string, unknown>;

const common = {
  ownerGroup: 'group1',
  owner: 'Ada',
  contactEmail: 'ada@example.org',
  creationTime: '2020-01-02T03:04:05.000Z',
  sourceFolder: '/data/run/7',
};

/** The smallest raw dataset v3 takes. */
export function rawDataset(more: Fields = {}): Fields {
  return {
    ...common,
    type: 'raw',
    principalInvestigator: 'Ada',
    creationLocation: '/site/beamline',
    ...more,
  };
}

/** The smallest derived dataset v3 takes. */
export function derivedDataset(more: Fields = {}): Fields {
  return {
    ...common,
    type: 'derived',
    investigator: 'Ada',
    inputDatasets: ['x'],
    usedSoftware: ['y'],
    ...more,
  };
}

/** The smallest dataset v4 takes. */
export function v4Dataset(more: Fields = {}): Fields {
  return { ...common, type: 'raw', datasetName: 'seven', ...more };
}

export function pathOf(pid: string, version = 'v3'): string {
  return `/api/${version}/datasets/${encodeURIComponent(pid)}`;
}
