import { hostname } from 'node:os';
import { basename } from 'node:path';
import { Failure } from '#command-line';
import type { Tree } from './walk.js';

export interface DatasetOptions {
  readonly ownerGroup: string;
  readonly name?: string;
  readonly contactEmail?: string;
  readonly type: 'raw' | 'derived';
}

interface User {
  readonly username: string;
  readonly email?: string;
}

/** Not archivable before all files have arrived: an impatient archive job would take half of it. */
const incomplete = { archivable: false, archiveStatusMessage: 'filesNotYetAvailable' };

/** The dataset as SciCat's v3 clients register it; what the metadata file says goes before what we can guess. */
export function datasetBody(
  folder: string,
  tree: Tree,
  user: User,
  options: DatasetOptions,
  metadata: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const contactEmail = options.contactEmail ?? metadata['contactEmail'] ?? user.email;
  if (contactEmail === undefined || contactEmail === '')
    throw new Failure('usage', `Expected --contact-email: the server knows no address of ${user.username}.`);
  const newest = tree.files.reduce((time, { modifiedAt }) => Math.max(time, modifiedAt.getTime()), 0);
  const person = options.type === 'raw' ? 'principalInvestigator' : 'investigator';
  return {
    owner: user.username,
    [person]: user.username,
    ...(options.type === 'raw' ? { creationLocation: `/${hostname()}` } : {}),
    creationTime: new Date(newest).toISOString(),
    sourceFolderHost: hostname(),
    ...metadata,
    type: options.type,
    ownerGroup: options.ownerGroup,
    contactEmail,
    datasetName: options.name ?? metadata['datasetName'] ?? basename(folder),
    sourceFolder: folder,
    datasetlifecycle: incomplete,
  };
}

/** Fields that the command decides: what a metadata file says of them is not used. */
export function unusedFields(metadata: Readonly<Record<string, unknown>>): string[] {
  const decided = ['type', 'ownerGroup', 'sourceFolder', 'datasetlifecycle'];
  return decided.filter((field) => Object.hasOwn(metadata, field));
}
