import type { JobRecord } from '../persistence/records.js';

type Fields = Record<string, unknown>;

/** A job as v4 clients know it: the stored document without what Catena keeps inside. */
export function jobV4View({ catena: _, ...job }: JobRecord): Omit<JobRecord, 'catena'> {
  return job;
}

/** A job as v3 clients know it. The newer status names are there too: tools in the field read one or the other. */
export function jobV3View(job: JobRecord): Fields {
  const { datasetList, executionTime, ...jobParams } = paramsOf(job);
  return {
    _id: job._id,
    id: job.id,
    type: job.type,
    emailJobInitiator: job.contactEmail,
    creationTime: job.createdAt,
    ...(executionTime === undefined ? {} : { executionTime }),
    jobStatusMessage: job.statusCode,
    ...(datasetList === undefined ? {} : { datasetList }),
    jobParams: { ...(job.ownerUser === undefined ? {} : { username: job.ownerUser }), ...jobParams },
    jobResultObject: job.jobResultObject,
  };
}

/** Jobs of old installations may have none. */
function paramsOf(job: JobRecord): Fields {
  return job.jobParams ?? {};
}

/** Fields of the legacy feed, in SciCat's order: archive systems have parsed them for years. */
const legacyFields = [
  'createdBy',
  'updatedBy',
  'createdAt',
  'updatedAt',
  'ownerGroup',
  'accessGroups',
  'isPublished',
  '_id',
  'id',
  'ownerUser',
  'type',
  'statusCode',
  'statusMessage',
  'jobParams',
  'contactEmail',
  'configVersion',
  'jobResultObject',
  '__v',
] as const satisfies readonly (keyof JobRecord)[];

/** The bare job as archive systems consume it today. */
export function legacyBody(job: JobRecord): string {
  return JSON.stringify(Object.fromEntries(legacyFields.map((field) => [field, job[field]])));
}
