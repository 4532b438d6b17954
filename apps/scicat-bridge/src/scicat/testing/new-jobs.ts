import { newId } from '#kernel';
import { fieldsOf, isFields, type Fields } from '../answers.js';
import type { ScicatJob, ScicatPerson } from '../scicat.js';
import type { ScicatRecords, StoredJob } from './memory-scicat.js';
import { ScicatRefusal } from './scicat-queries.js';

/** A job as it is posted by an administrator. */
interface PostedJob extends Pick<
  ScicatJob,
  'type' | 'datasetList' | 'jobParams' | 'ownerUser' | 'ownerGroup'
> {
  readonly contactEmail?: string;
}

/**
 * Takes a job as SciCat does, for whomever it is posted.
 *
 * @param poster user name of the administrator
 * @throws ScicatRefusal in SciCat's words
 */
export function takeJob(records: ScicatRecords, poster: string, posted: PostedJob): StoredJob {
  const { type, datasetList, jobParams, ownerUser, ownerGroup, contactEmail } = posted;
  if (!records.jobTypes.has(type)) throw new ScicatRefusal(400, `Invalid job type: ${type}`);
  if (datasetList.length === 0) throw new ScicatRefusal(400, 'List of passed datasets is empty.');
  const missing = datasetList.filter(({ pid }) => !records.datasets.has(pid)).map(({ pid }) => pid);
  if (missing.length > 0)
    throw new ScicatRefusal(400, `Datasets with pid ${missing.join(',')} do not exist.`);
  const owner = [...records.people.values()].find(({ profileName }) => profileName === ownerUser);
  return records.addJob(
    newId(),
    datasetList.map(({ pid }) => pid),
    {
      ...{ type, jobParams, ownerGroup, createdBy: poster, ownerUser: owner?.username ?? poster },
      contactEmail: contactEmail ?? owner?.email ?? '',
    },
  );
}

/** What a body of v4, or of v3, which has the owner among the parameters, wants. @throws ScicatRefusal */
export function newJobIn(body: Fields, isV4: boolean): PostedJob {
  const { type, jobParams = {}, ...others } = body;
  const { datasetList: listed, ...params } = fieldsOf(jobParams, 'jobParams');
  const known = isV4 ? ['ownerUser', 'ownerGroup', 'contactEmail'] : ['datasetList', 'emailJobInitiator'];
  const email = others[isV4 ? 'contactEmail' : 'emailJobInitiator'];
  const list = isV4 ? listed : others['datasetList'];
  const isFine =
    typeof type === 'string' &&
    Object.keys(others).every((name) => known.includes(name)) &&
    (email === undefined || (typeof email === 'string' && /^\S+@\S+$/.test(email))) &&
    Array.isArray(list);
  if (!isFine) throw new ScicatRefusal(400, 'Bad Request');
  const { ownerUser, ownerGroup } = isV4 ? others : { ...params, ownerUser: params['username'] };
  return {
    ...{ type, jobParams: params, datasetList: list.filter(isFields) as never },
    ...{ ownerUser: String(ownerUser), ownerGroup: String(ownerGroup) },
    ...(email === undefined ? {} : { contactEmail: email }),
  };
}

/** The account of a person, as SciCat shows it. */
export function userOf({ id, username, email }: ScicatPerson): Fields {
  return { _id: id, id, username, email, authStrategy: 'local' };
}

/** What the sign-in said of them. */
export function identityOf({ id, profileName, email, groups }: ScicatPerson): Fields {
  const profile = { displayName: profileName, username: profileName, email, accessGroups: groups };
  return { _id: `identity of ${id}`, userId: id, provider: 'local', profile };
}
