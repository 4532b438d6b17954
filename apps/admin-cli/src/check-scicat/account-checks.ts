import { shortened } from '#command-line';
import { filterOf, nobody, rowsOf, textsOf, type Check, type Scene } from './scene.js';
import { missing, ok, warning, type Finding } from './verdict.js';

/** A dataset that nobody has. */
const noDataset = `/api/v3/datasets/${nobody}`;
/** Datasets of others that are looked at. */
const looks = 20;

async function signsIn({ scicat, settings }: Scene): Promise<Finding> {
  const { user: username, password } = settings;
  const { status, body, text } = await scicat.ask('POST', '/api/v3/auth/login', { username, password });
  const { access_token: token } = (body ?? {}) as { access_token?: unknown };
  if (status < 300 && typeof token === 'string' && token !== '') {
    scicat.useToken(token);
    return ok(`${username} signs in`);
  }
  return missing(
    `${username} is not let in (status ${status}, ${text})`,
    `functionalAccounts.json: { "username": "${username}", "email": "<address>", "password": "<as in SCICAT_PASSWORD>", "role": "archivemanager" }`,
    'SciCat reads the file when it starts, and does not change the password of an account that exists.',
  );
}

async function groups(scene: Scene): Promise<Finding> {
  const { status, body, text } = await scene.scicat.ask('GET', '/api/v3/users/my/identity');
  if (status !== 200) return missing(`GET /api/v3/users/my/identity answers ${status}, ${text}`);
  const { profile } = (body ?? {}) as { profile?: { accessGroups?: unknown; email?: unknown } };
  scene.groups = textsOf(profile?.accessGroups);
  scene.email = typeof profile?.email === 'string' ? profile.email : undefined;
  if (scene.groups.length > 0) return ok(`its groups: ${shortened(scene.groups)}`);
  return missing(
    'it is in no group',
    `functionalAccounts.json: "role": "archivemanager" for ${scene.settings.user}`,
  );
}

/** One of these is enough for each right; the first group of the account is the one it has for this, as a rule. */
function groupIn(variable: string, { groups: [first = 'archivemanager'] }: Scene): string {
  return `${variable}=${first} (beside what it has; SciCat reads it when it starts)`;
}

/** Only administrators may ask whether an address is known. */
async function administrator(scene: Scene): Promise<Finding> {
  const { status } = await scene.scicat.ask(
    'GET',
    '/api/v3/useridentities/isValidEmail?filter=nobody%40example.invalid',
  );
  scene.isAdmin = status === 200;
  return ok(
    scene.isAdmin
      ? 'one of its groups is in ADMIN_GROUPS'
      : 'none of its groups is in ADMIN_GROUPS: it needs the narrower rights below',
  );
}

/** What it is shown although it is none of its business proves the right: nobody else is shown it. */
async function readsDatasets(scene: Scene): Promise<Finding> {
  if (scene.isAdmin) return ok('it reads all datasets, as an administrator');
  const filter = {
    where: { ownerGroup: { nin: scene.groups }, isPublished: false },
    ...{
      fields: ['pid', 'ownerGroup', 'accessGroups', 'isPublished', 'sharedWith'],
      limits: { limit: looks },
    },
  };
  const { status, body, text } = await scene.scicat.ask('GET', `/api/v3/datasets?${filterOf(filter)}`);
  const rows = rowsOf(body);
  if (status !== 200 || rows === undefined) return missing(`GET /api/v3/datasets answers ${status}, ${text}`);
  if (rows.some((row) => isOthers(row, scene))) {
    scene.seesOthers = 'yes';
    return ok('it is shown datasets of groups that it is not in');
  }
  const any = await scene.scicat.ask('GET', `/api/v3/datasets?${filterOf({ limits: { limit: 1 } })}`);
  scene.seesOthers = rowsOf(any.body)?.length === 0 ? 'unknown' : 'no';
  const change = groupIn('UPDATE_DATASET_LIFECYCLE_GROUPS', scene);
  return scene.seesOthers === 'unknown'
    ? warning('it is shown no dataset at all: either there is none yet, or it may not read them', change)
    : missing('of unpublished datasets it is shown only those of its own groups', change);
}

function isOthers(
  { ownerGroup, accessGroups, isPublished, sharedWith }: Record<string, unknown>,
  scene: Scene,
): boolean {
  const theirs = [ownerGroup, ...textsOf(accessGroups)];
  return (
    typeof ownerGroup === 'string' &&
    isPublished !== true &&
    !theirs.some((group) => scene.groups.includes(String(group))) &&
    !textsOf(sharedWith).some((address) => address === scene.email)
  );
}

/** Whoever sees the datasets of all and is no administrator is in this list, by which it may write lifecycles as well. */
function writesLifecycles(scene: Scene): Promise<Finding> {
  const change = groupIn('UPDATE_DATASET_LIFECYCLE_GROUPS', scene);
  if (scene.isAdmin) return Promise.resolve(ok('it writes all lifecycles, as an administrator'));
  if (scene.seesOthers === 'yes')
    return Promise.resolve(ok('it writes all lifecycles: the list that lets it see all datasets says so'));
  return Promise.resolve(
    scene.seesOthers === 'unknown'
      ? warning('whether it may write lifecycles cannot be seen before there is a dataset', change)
      : missing('nothing shows that it may write the lifecycles of all datasets', change),
  );
}

async function listsDatablocks(scene: Scene): Promise<Finding> {
  // Neither is there such a dataset, nor is this a datablock.
  const { status, text } = await scene.scicat.ask('POST', `${noDataset}/datablocks`, {});
  const change = groupIn('CREATE_DATASET_PRIVILEGED_GROUPS', scene);
  if (status === 403 || status === 401)
    return missing(`it may not list datablocks (status ${status}, ${text})`, change);
  if (scene.isAdmin) return ok('it lists datablocks of all datasets, as an administrator');
  return missing(
    'it would list datablocks of other groups and not find them afterwards: SciCat shows those, and file lists, to administrators only',
    groupIn('ADMIN_GROUPS', scene),
  );
}

async function removesDatablocks(scene: Scene): Promise<Finding> {
  const { status, text } = await scene.scicat.ask('DELETE', `${noDataset}/datablocks/${nobody}`);
  if (status !== 403 && status !== 401) return ok('it removes datablocks');
  return warning(
    `it may not remove datablocks (status ${status}, ${text}): jobs that reset need it, and those of which SciCat refuses one of several datablocks`,
    groupIn('DELETE_GROUPS', scene),
  );
}

async function updatesJobs(scene: Scene): Promise<Finding> {
  const change = groupIn('UPDATE_JOB_PRIVILEGED_GROUPS', scene);
  const words =
    scene.jobsApi === 'v3'
      ? { jobStatusMessage: 'catena-check' }
      : { statusCode: 'catena-check', statusMessage: 'catena-check' };
  const path = `/api/${scene.jobsApi ?? 'v4'}/jobs/${nobody}`;
  const { status, text } = await scene.scicat.ask('PATCH', path, words);
  if (status === 403 || status === 401)
    return missing(`it may not update jobs (status ${status}, ${text})`, change);
  if (scene.isAdmin) return ok('it updates all jobs, as an administrator');
  if (scene.jobs.some((job) => isOfOthers(job, scene)))
    return ok('it updates all jobs: it is let through, and is shown jobs of others');
  return scene.jobs.every((job) => ownerOf(job) === undefined)
    ? warning(
        'whether it may update jobs of others cannot be seen: no job with an owner is shown to it',
        change,
      )
    : missing('it is shown no jobs but its own', change);
}

function isOfOthers(job: Record<string, unknown>, { settings, groups: own }: Scene): boolean {
  const owner = ownerOf(job);
  const { ownerGroup } = job;
  return (
    owner !== undefined &&
    owner !== settings.user &&
    !(typeof ownerGroup === 'string' && own.includes(ownerGroup))
  );
}

/** v3 has it among the parameters. */
function ownerOf({ ownerUser, jobParams }: Record<string, unknown>): string | undefined {
  const { username } = (jobParams ?? {}) as { username?: unknown };
  return [ownerUser, username].find((name) => typeof name === 'string');
}

export const accountChecks: readonly Check[] = [
  { name: 'signs-in', after: ['answers'], run: signsIn },
  { name: 'groups', after: ['signs-in'], run: groups },
  { name: 'administrator', after: ['signs-in'], run: administrator },
  { name: 'reads-datasets', after: ['groups', 'administrator'], run: readsDatasets },
  { name: 'writes-lifecycles', after: ['groups', 'administrator'], run: writesLifecycles },
  { name: 'lists-datablocks', after: ['administrator'], run: listsDatablocks },
  { name: 'removes-datablocks', after: ['administrator'], run: removesDatablocks },
];

/** After those of the jobs API: it works with what they have seen. */
export const jobRightChecks: readonly Check[] = [
  { name: 'updates-jobs', after: ['jobs-api', 'groups', 'administrator'], run: updatesJobs },
];
