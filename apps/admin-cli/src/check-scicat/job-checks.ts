import { shortened } from '#command-line';
import { filterOf, rowsOf, type Check, type Scene } from './scene.js';
import { missing, ok, warning, type Finding } from './verdict.js';

/** Jobs that are looked at. */
const looks = 100;

/** What a job type needs in SciCat's `JOB_CONFIGURATION_FILE`. */
function jobTypeYaml(type: string): string[] {
  const [create, update] = type === 'reset' ? ['#jobAdmin', '#jobAdmin'] : ['#datasetOwner', '#jobAdmin'];
  return [
    `- jobType: ${type}`,
    '  create:',
    `    auth: '${type === 'retrieve' ? '#datasetAccess' : create}'`,
    '    actions:',
    '      - { actionType: rabbitmq, exchange: jobs.write, queue: catena.jobs, key: catena }',
    '  update:',
    `    auth: '${update}'`,
    '    actions: []',
  ];
}

async function jobsApi(scene: Scene): Promise<Finding> {
  const v4 = await scene.scicat.ask('GET', `/api/v4/jobs?${filterOf({ limits: { limit: looks } })}`);
  const rows = rowsOf(v4.body);
  if (v4.status === 200 && rows !== undefined) {
    Object.assign(scene, { jobsApi: 'v4', jobs: rows.slice(0, looks) });
    return ok('jobs are read through v4');
  }
  if (v4.status !== 404) return missing(`GET /api/v4/jobs answers ${v4.status}, ${v4.text}`);
  const limits = encodeURIComponent(JSON.stringify({ limit: looks }));
  const v3 = await scene.scicat.ask('GET', `/api/v3/jobs/fullquery?fields=%7B%7D&limits=${limits}`);
  const older = rowsOf(v3.body);
  if (v3.status !== 200 || older === undefined)
    return missing(`neither v4 (${v4.status}) nor v3 (${v3.status}, ${v3.text}) shows jobs`);
  Object.assign(scene, { jobsApi: 'v3', jobs: older.slice(0, looks) });
  return warning('jobs are read through v3 only', 'SCICAT_JOBS_API=v3');
}

/**
 * SciCat looks at the type first and then refuses a job about no dataset, whoever posts it: so the type is seen, and no job
 * is made. Of v3 nobody knows in which order it looks.
 */
function typeCheck(type: string, isWanted: boolean): Check['run'] {
  const lacking = isWanted ? missing : warning;
  return async ({ scicat, jobs, jobsApi: api }) => {
    if (jobs.some((job) => job['type'] === type)) return ok(`there are jobs of the type ${type}`);
    const change = ["JOB_CONFIGURATION_FILE of SciCat, below 'jobs:'", ...jobTypeYaml(type)];
    if (api !== 'v4')
      return warning(
        `whether SciCat knows the type ${type} cannot be seen: there is no job of it`,
        ...change,
      );
    const { status, body, text } = await scicat.ask('POST', '/api/v4/jobs', {
      ...{ type, jobParams: { datasetList: [] } },
    });
    if (status < 300) {
      const { id } = (body ?? {}) as { id?: unknown };
      return warning(
        `SciCat took a job of the type ${type} about no dataset`,
        `delete the job ${String(id)}`,
      );
    }
    if (status === 400 && /invalid job type/i.test(text))
      return lacking(`SciCat knows no jobs of the type ${type}`, ...change);
    if (status === 400) return ok(`SciCat knows jobs of the type ${type}`);
    return warning(
      `whether SciCat knows the type ${type} cannot be seen: the account may not post jobs (status ${status}), and needs not`,
      ...change,
    );
  };
}

export function jobChecks(types: readonly string[]): Check[] {
  return [
    { name: 'jobs-api', after: ['signs-in'], run: jobsApi },
    ...types.map((type) => ({
      name: `job-type-${type}`,
      after: ['jobs-api'],
      run: typeCheck(type, type !== 'reset'),
    })),
  ];
}

/** Whether SciCat has an endpoint that the bridge asks. */
function endpointCheck(path: string): Check['run'] {
  return async ({ scicat }) => {
    const { status, body, text } = await scicat.ask('GET', `${path}?${filterOf({ limits: { limit: 1 } })}`);
    if (status === 200 && Array.isArray(body)) return ok(`${path} answers`);
    return missing(
      `GET ${path} answers ${status}, ${text}`,
      ...(status === 404 ? ['update SciCat: its backend has this since version 4.5'] : []),
    );
  };
}

export const endpointChecks: readonly Check[] = [
  { name: 'datasets-v4', after: ['signs-in'], run: endpointCheck('/api/v4/datasets') },
  { name: 'origdatablocks-v4', after: ['signs-in'], run: endpointCheck('/api/v4/origdatablocks') },
];

/** What no REST call tells, and people have to look at themselves. */
export function unseen(types: readonly string[]): string[] {
  return [
    'Cannot be seen from outside: whether the job configuration tells Catena of jobs. Without it the bridge finds them within a minute.',
    `Each of ${shortened(types)} has one of these below create: actions: in JOB_CONFIGURATION_FILE (docs/beside-scicat.md):`,
    '  - { actionType: rabbitmq, exchange: jobs.write, queue: catena.jobs, key: catena }',
    "  - { actionType: url, method: POST, url: '<address of scicat-bridge>/archiver/api/v1/archiver/jobs', ignoreErrors: true,",
    "      headers: { Authorization: 'Basic {{{ env.CATENA_JOB_ACCOUNT }}}', Content-Type: application/json }, body: '{{{ jsonify job }}}' }",
  ];
}
