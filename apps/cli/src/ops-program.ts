import { Argument, type Command, Option } from 'commander';
import type { CommandResult } from '#command-line';
import type { CommandContext } from './command.js';
import { positiveInteger } from './options.js';
import type { BulkOptions } from './ops/bulk.js';
import type { DeedName, DeedOptions } from './ops/deeds.js';
import type { RowOptions } from './ops/jobs.js';
import type { ListName, ListOptions } from './ops/lists.js';
import type { OpsOptions } from './ops/operator.js';
import type { SteeringOptions } from './ops/steering.js';

type Perform = (command: (context: CommandContext) => Promise<CommandResult>) => Promise<void>;

const afterHelp = `
OPERATIONS_APPS_FILE names the apps, their addresses and their operations tokens. Who acts is --by, else who is signed in (catena
login), else the user of this computer. Exit code 4 also where an app did not answer and the rest is shown.`;

/** What filters are called here, and in calls. */
const filters = {
  state: ['--state <state>', 'only those in this state'],
  code: ['--code <code>', 'only those with this code'],
  type: ['--type <type>', 'only messages of this type'],
  jobId: ['--job <id>', 'only those of this job'],
  share: ['--share <name>', 'only those on this share'],
  target: ['--target <name>', 'only those for this target'],
  group: ['--group <group>', 'only those of this group'],
  pid: ['--pid <pid>', 'only those of this dataset'],
  verifiedBefore: ['--verified-before <time>', 'only those that were not read since'],
  by: ['--by <name>', 'only what this person did'],
  grouping: ['--group-by <what>', 'code, type or day'],
  subject: ['--subject <subject>', 'only what was done to this, such as share/NAME'],
  action: ['--action <action>', 'only this action, such as pause.set'],
  from: ['--from <time>', 'only from this time on'],
  to: ['--to <time>', 'only up to this time'],
  step: ['--step <step>', 'only those whose next step is this'],
  blocked: ['--blocked <true|false>', 'only those that wait for people, or that do not'],
} as const;
type Filter = keyof typeof filters;

/** The names of values of options, as commander makes them. */
const given: Partial<Record<Filter, string>> = { jobId: 'job', grouping: 'groupBy' };

/** `catena ops`: what operators look at and do. */
export function addOps(program: Command, perform: Perform): void {
  const ops = program
    .command('ops')
    .description('what operators look at and do: why jobs wait, parked messages, limits, pauses, storage')
    .addHelpText('after', afterHelp);
  addLooks(ops, perform);
  addParked(ops, perform);
  addSteering(ops, perform);
  addStorage(ops, perform);
  addPublications(ops, perform);
}

function addLooks(ops: Command, perform: Perform): void {
  looking(ops.command('why').argument('<job...>'))
    .description('why jobs wait, what to do about it, and who can')
    .action((jobs: string[], options: OpsOptions) =>
      perform(async (context) => (await import('./ops/why.js')).explain(context, jobs, options)),
    );
  looking(ops.command('status'))
    .description('all apps: version, what they need, open and parked messages, workers, what is closed')
    .action((options: OpsOptions) =>
      perform(async (context) => (await import('./ops/status.js')).status(context, options)),
    );
  addJobs(ops, perform);
  const list = lister(perform);
  list(ops, 'work-orders', 'workOrders', 'work that job-assembler has ordered', [
    ...(['state', 'target', 'group', 'jobId'] as const),
  ]);
  list(ops, 'workers', 'workers', 'processes of archivers, and when each was seen', []);
  list(ops, 'queues', 'queues', 'queues of the apps: messages and consumers', []);
  list(ops, 'outbox', 'outbox', 'messages that were not sent, or not accepted', []);
  list(ops, 'audit', 'audit', 'who did what to which, and why, newest first', [
    ...(['by', 'subject', 'action', 'jobId', 'from', 'to'] as const),
  ]);
}

function addJobs(ops: Command, perform: Perform): void {
  ops
    .command('jobs')
    .description('jobs, newest first, as the one who is signed in')
    .option('--limit <number>', 'how many', positiveInteger, 50)
    .option('--status <status>', 'only those with this status')
    .option('--unfinished', 'only those that have not ended')
    .option('--type <type>', 'only those of this type')
    .option('--group <group>', 'only those of this owner group')
    .option('--user <name>', 'only those of this owner')
    .option('--pid <pid>', 'only those of this dataset')
    .option('--text <words>', 'only those with these words')
    .option('--from <time>', 'only those submitted from this time on')
    .option('--to <time>', 'only those submitted up to this time')
    .action((options: RowOptions) =>
      perform(async (context) => (await import('./ops/jobs.js')).jobRows(context, options)),
    );
  looking(ops.command('job').argument('<job>'))
    .description('how far job-assembler is with a job, why it waits, and when it may end')
    .action((id: string, options: OpsOptions) =>
      perform(async (context) => (await import('./ops/deeds.js')).show(context, 'jobs', id, options)),
    );
  ops
    .command('cancel')
    .argument('<job>')
    .description('end a job, as the one who is signed in')
    .option('--reason <text>', 'why: its owner reads it')
    .action((id: string, options: { reason?: string }) =>
      perform(async (context) => (await import('./ops/jobs.js')).cancel(context, id, options)),
    );
  ops
    .command('retry')
    .argument('<job>')
    .description('make a new job for what failed, as the one who is signed in')
    .action((id: string) => perform(async (context) => (await import('./ops/jobs.js')).retry(context, id)));
  ops
    .command('renew-links')
    .argument('<job>')
    .description('new links for what a job has retrieved, as the one who is signed in')
    .action((id: string) =>
      perform(async (context) => (await import('./ops/jobs.js')).renewLinks(context, id)),
    );
}

function addParked(ops: Command, perform: Perform): void {
  const [list, deed] = [lister(perform), doer(perform)];
  const parked = group(ops, 'parked', 'messages that could not be handled');
  const found = ['state', 'code', 'type', 'jobId', 'from', 'to'] as const;
  list(parked, 'list', 'parked', 'parked messages, newest first', found);
  list(parked, 'groups', 'parkedGroups', 'how many there are, by code, type or day', [...found, 'grouping']);
  shower(perform)(parked, 'parking-lot', '<app/message>', 'all of one message');
  deed(parked, 'replay', 'parked replay', ['<app/message>'], 'hand it to its app again');
  deed(parked, 'discard', 'parked discard', ['<app/message>'], 'count it as handled');
  deed(parked, 'restore', 'parked restore', ['<app/message>'], 'park again what was discarded');
  deed(
    parked,
    'edit',
    'parked edit',
    ['<app/message>'],
    'send other data in its place (editors)',
  ).requiredOption('--data <json>', 'what is sent');
  acting(parked.command('note').argument('<app/message>').argument('<text>'))
    .description('leave a note for the others')
    .action((id: string, text: string, options: OpsOptions) =>
      perform(async (context) => (await import('./ops/deeds.js')).note(context, id, text, options)),
    );
  addBulk(parked, perform);
  const runs = group(ops, 'runs', 'what is done to many messages, bit by bit');
  list(runs, 'list', 'runs', 'runs, newest first', []);
  shower(perform)(runs, 'bulk-runs', '<app/run>', 'how far a run is, and what failed');
  deed(runs, 'stop', 'runs stop', ['<app/run>'], 'end a run: what was done stays done');
}

function addBulk(parked: Command, perform: Perform): void {
  const command = parked
    .command('bulk')
    .addArgument(new Argument('<action>').choices(['replay', 'discard', 'restore']));
  for (const name of ['code', 'type', 'jobId', 'from', 'to'] as const) filterBy(command, name);
  acting(command)
    .description('do it to all messages that a filter finds, and follow that to its end')
    .addOption(
      new Option('--expected <number>', 'how many you saw; others are refused').argParser(positiveInteger),
    )
    .addOption(new Option('--yes', 'to as many as there are').conflicts('expected'))
    .option('--try-one', 'to one of them only, to see what happens')
    .option('--per-minute <number>', 'no faster than this', positiveInteger)
    .action((action: string, options: BulkOptions) =>
      perform(async (context) => (await import('./ops/bulk.js')).bulk(context, action, options)),
    );
}

function addSteering(ops: Command, perform: Perform): void {
  const limits = group(ops, 'limits', 'how much is worked on at once');
  looking(limits.command('show'))
    .description('limits, who has the slots, what waits, pauses')
    .action((options: OpsOptions) =>
      perform(async (context) => (await import('./ops/steering.js')).showLimits(context, options)),
    );
  until(acting(limits.command('set').argument('<name=value...>')))
    .description('other limits, such as global=32 or write:TARGET=0; VALUE configured ends that')
    .action((values: string[], options: SteeringOptions) =>
      perform(async (context) => (await import('./ops/steering.js')).setLimits(context, values, options)),
    );
  for (const mode of ['pause', 'drain'] as const)
    until(
      acting(
        ops.command(mode).argument('<scope>', 'all, target:, route:, group:, job:, share: or worker:NAME'),
      ),
    )
      .description(
        mode === 'pause'
          ? 'nothing new begins in a scope; a share is closed for reading and writing'
          : 'nothing new begins in a scope, to empty it; a share is closed for writing',
      )
      .action((scope: string, options: SteeringOptions) =>
        perform(async (context) => (await import('./ops/steering.js')).close(context, mode, scope, options)),
      );
  acting(ops.command('resume').argument('<scope>', 'or the id of a pause'))
    .description('end a pause, or a drain')
    .action((scope: string, options: OpsOptions) =>
      perform(async (context) => (await import('./ops/steering.js')).resume(context, scope, options)),
    );
  acting(
    ops
      .command('priority')
      .argument('<job>')
      .addArgument(new Argument('<level>').choices(['urgent', 'normal', 'background'])),
  )
    .description('what of a job comes before others')
    .action((job: string, level: string, options: OpsOptions) =>
      perform(async (context) =>
        (await import('./ops/steering.js')).prioritise(context, job, level, options),
      ),
    );
  acting(ops.command('defer').argument('<job>'))
    .description('nothing more of a job begins before a time')
    .requiredOption('--until <time>', 'such as 2027-01-31T18:00:00Z, 2h, 3d, or now')
    .action((job: string, options: SteeringOptions & { until: string }) =>
      perform(async (context) => (await import('./ops/steering.js')).defer(context, job, options)),
    );
}

function addStorage(ops: Command, perform: Perform): void {
  const [list, deed] = [lister(perform), doer(perform)];
  const works = group(ops, 'works', 'what archivers work on');
  list(works, 'list', 'works', 'works of archivers', ['state', 'jobId', 'share']);
  shower(perform)(works, 'works', '<work>', 'all of one work');
  deed(works, 'try-now', 'works try-now', ['<work>'], 'do not wait for its next try');
  const shares = group(ops, 'shares', 'long-term storage; close it with pause, drain and resume share:NAME');
  list(shares, 'list', 'shares', 'shares: state, room, and what operators said', []);
  deed(shares, 'adopt', 'shares adopt', ['<name>'], 'what is there is the right share').requiredOption(
    '--identity <identity>',
    'what the list of shares shows: an id, empty or unidentified',
  );
  const copies = group(ops, 'copies', 'copies of datablocks on shares');
  list(copies, 'list', 'copies', 'copies, and when each was read', [
    'pid',
    'share',
    'state',
    'verifiedBefore',
  ]);
  deed(copies, 'verify', 'copies verify', ['<datablock>'], 'read its copies and compare');
  deed(copies, 'repair', 'copies repair', ['<datablock>', '<share>'], 'mend the copy there from a good one');
  const retrieved = group(ops, 'retrieved', 'copies in the retrieval area');
  list(retrieved, 'list', 'retrieved', 'what lies there, and until when', ['pid']);
  until(deed(retrieved, 'extend', 'retrieved extend', ['<copy>'], 'keep it for longer'));
  deed(retrieved, 'link', 'retrieved link', ['<copy>'], 'a new link for it');
  const asides = group(ops, 'set-aside', 'files that were taken out of the way');
  list(asides, 'list', 'setAside', 'files that are set aside, and why', []);
  deed(asides, 'bring-back', 'set-aside bring-back', ['<file>'], 'give it its name again');
  deed(asides, 'remove', 'set-aside remove', ['<file>'], 'remove it now').option(
    '--without-originals',
    'also what a dataset that was reset may still need',
  );
  const adoptions = group(ops, 'adoptions', 'runs that adopt datablocks of an earlier system');
  deed(adoptions, 'stop', 'adoptions stop', ['<run>'], 'end it: what is recorded stays recorded');
  list(ops, 'scrubbing', 'scrubbing', 'how much of old copies was read again', []);
  list(ops, 'retrievals', 'retrievals', 'room in the retrieval area, and who waits for it', []);
}

function addPublications(ops: Command, perform: Perform): void {
  const [list, deed] = [lister(perform), doer(perform)];
  const publications = group(ops, 'publications', 'publications that are not at rest');
  list(publications, 'list', 'publications', 'blocked first, then what waits longest', ['step', 'blocked']);
  shower(perform)(publications, 'publications', '<doi>', 'all of one publication');
  deed(publications, 'retry', 'publications retry', ['<doi>'], 'read the record anew and go on');
  deed(publications, 'compare', 'publications compare', [], 'compare all places now and mend what differs');
  const keys = group(ops, 'certificate-keys', 'keys that certificates are signed with');
  deed(keys, 'revoke', 'certificate-keys revoke', ['<key>'], 'nothing that it signed is valid any more');
}

function group(ops: Command, name: string, description: string): Command {
  return ops.command(name).description(description);
}

/** Options of commands that only look. */
function looking(command: Command): Command {
  return command
    .option('--only <apps>', 'names of apps with commas between them (default: all)')
    .option('--app <name>', 'the app that is asked, where it has another name than usual');
}

/** Options of commands that change something. */
function acting(command: Command): Command {
  return command
    .option('--reason <text>', 'why: those whom it concerns read it')
    .option('--by <name>', 'who does it (default: who is signed in)')
    .option('--app <name>', 'the app that does it, where it has another name than usual');
}

function until(command: Command): Command {
  return command.option('--until <time>', 'when it ends: 2027-01-31T18:00:00Z, or 90m, 2h, 3d from now');
}

function filterBy(command: Command, name: Filter): void {
  const [flags, description] = filters[name];
  command.option(flags, description);
}

type Lister = (
  parent: Command,
  word: string,
  name: ListName,
  description: string,
  names: readonly Filter[],
) => void;

function lister(perform: Perform): Lister {
  return (parent, word, name, description, names) => {
    const command = parent.command(word).description(description);
    for (const one of names) filterBy(command, one);
    command
      .option('--limit <number>', 'how many of each app', positiveInteger, 100)
      .option('--only <apps>', 'names of apps with commas between them (default: all)')
      .action((options: Record<string, string | undefined> & { limit: number }) =>
        perform(async (context) => {
          const { limit, only } = options;
          const filter = Object.fromEntries(
            names.map((one) => [one === 'grouping' ? 'by' : one, options[given[one] ?? one]]),
          );
          const asked: ListOptions = { limit, ...(only === undefined ? {} : { only }) };
          return (await import('./ops/lists.js')).list(context, name, asked, filter);
        }),
      );
  };
}

type Doer = (
  parent: Command,
  word: string,
  name: DeedName,
  ids: readonly string[],
  description: string,
) => Command;

function doer(perform: Perform): Doer {
  return (parent, word, name, ids, description) => {
    const command = acting(parent.command(word).description(description));
    for (const id of ids) command.argument(id);
    return command.action(() =>
      perform(async (context) =>
        (await import('./ops/deeds.js')).perform(context, name, command.args, command.opts<DeedOptions>()),
      ),
    );
  };
}

type Kind = 'parking-lot' | 'bulk-runs' | 'publications' | 'works';

function shower(perform: Perform): (parent: Command, kind: Kind, id: string, description: string) => void {
  return (parent, kind, id, description) =>
    void looking(parent.command('show').argument(id).description(description)).action(
      (name: string, options: OpsOptions) =>
        perform(async (context) => (await import('./ops/deeds.js')).show(context, kind, name, options)),
    );
}
