import { Command } from 'commander';
import type { CommandBasics, CommandResult, GlobalOptions, Runner } from '#command-line';
import type { AdoptOptions } from './adopt/adopt.js';
import type { CheckScicatOptions } from './check-scicat/settings.js';
import type { CheckWorkerOptions } from './check-worker/settings.js';
import type { ReconcileOptions } from './reconcile/reconcile.js';
import type { CheckDatabaseOptions } from './check-database/check-database.js';

const afterHelp = `
Exit codes: 0 done, 1 something is left to do or could not be done, 2 wrong usage (also a database that does not
answer), 130 interrupted. Variables: those of the apps, such as MONGODB_URI, and CATENA_DATABASES
(docs/command-line.md).`;

/** What administrators do beside the apps, on databases, buckets and shares themselves. */
export function programFor(run: Runner<CommandBasics>): Command {
  const program = new Command('catena-admin')
    .description('Look after an installation of Catena: its services, databases, control bucket, shares.')
    .option('--json', 'print one JSON document on standard output at the end')
    .option('--quiet', 'say nothing but results, warnings and errors')
    .addHelpText('after', afterHelp)
    .showHelpAfterError('(catena-admin --help shows all commands)')
    .exitOverride();
  const perform = (command: (context: CommandBasics) => Promise<CommandResult>): Promise<void> =>
    run(program.opts<GlobalOptions>(), command);

  program
    .command('check-database')
    .description(
      'compare an existing SciCat database with what Catena expects; writes nothing unless told to',
    )
    .argument('[uri]', 'mongodb://host/database (default: MONGODB_URI)')
    .option('--apply', 'create missing indexes, correct totals and the rights of blocks')
    .action((uri: string | undefined, options: CheckDatabaseOptions) =>
      perform(async (context) =>
        (await import('./check-database/check-database.js')).checkDatabase(context, uri, options),
      ),
    );
  program
    .command('backup')
    .description('copy databases, control bucket and shares into a new folder; the apps must be stopped')
    .argument('<folder>')
    .action((folder: string) =>
      perform(async (context) => (await import('./backup/backup.js')).backup(context, folder)),
    );
  program
    .command('restore')
    .description('put back what is missing: empty databases, objects and files; replaces nothing')
    .argument('<folder>')
    .action((folder: string) =>
      perform(async (context) => (await import('./backup/restore.js')).restore(context, folder)),
    );
  program
    .command('check-worker')
    .description('try out the worker of a target that others operate, and say what it does not do')
    .argument('<target>')
    .option(
      '--prefix <prefix>',
      'that the worker was started with; never one of an installation',
      'catena-check',
    )
    .option('--account <name>', "the worker's at the broker (default: <prefix>.worker.<target>)")
    .option('--listen <host:port>', 'where the worker reads and writes tars', '127.0.0.1:0')
    .option('--reached-at <url>', 'how the worker reaches that, if otherwise')
    .option('--size <amount>', 'of the files in the tars', '1MiB')
    .option('--patience <duration>', 'how long an answer may take without progress', '60s')
    .option('--progress-within <duration>', 'how soon a worker at a slow link says how far it is', '15s')
    .option('--damage-command <command>', 'changes bytes of the copy whose archive id is $1')
    .option('--restart-command <command>', 'kills the worker at once, and starts it again')
    .action((target: string, options: CheckWorkerOptions) =>
      perform(async (context) =>
        (await import('./check-worker/check-worker.js')).checkWorker(context, target, options),
      ),
    );
  program
    .command('check-scicat')
    .description('look at a SciCat that scicat-bridge is to work beside, and say what is missing there')
    .argument('<url>', 'of the SciCat backend, without /api')
    .option('--user <name>', 'of the account of the bridge (default: SCICAT_USERNAME)')
    .option('--password-file <path>', 'with its password (default: SCICAT_PASSWORD)')
    .option('--types <types>', 'of jobs that Catena is to do', 'archive,retrieve,reset')
    .option('--feed <url>', 'amqp://… of the broker that SciCat tells of jobs (default: SCICAT_FEED_URL)')
    .option('--queue <name>', 'of that feed', 'catena.jobs')
    .option('--patience <duration>', 'for one answer', '10s')
    .action((url: string, options: CheckScicatOptions) =>
      perform(async (context) =>
        (await import('./check-scicat/check-scicat.js')).checkScicat(context, url, options),
      ),
    );
  program
    .command('prepare')
    .description("make accounts and queues at the broker and the store's buckets; may be repeated")
    .action(() => perform(async (context) => (await import('./prepare/prepare.js')).prepare(context)));
  program
    .command('reconcile')
    .description(
      'compare catalogue, plans, copies and object storage through the apps; changes nothing unless told to',
    )
    .option('--apply', 'repair what can be proven; needs --reason')
    .option('--only <apps>', 'such as archiver,catalog-api (default: all of OPERATIONS_APPS_FILE)')
    .option('--reason <text>', 'kept with the run')
    .option('--by <name>', 'who does it (default: the user of this computer)')
    .action((options: ReconcileOptions) =>
      perform(async (context) => (await import('./reconcile/reconcile.js')).reconcile(context, options)),
    );
  program
    .command('adopt')
    .description('have the archiver take over what an earlier system has archived; only looks unless told to')
    .argument('<target>', 'the name of a target, or of a share of LTS_ROOTS')
    .option('--apply', 'read and record what the catalogue lists; needs --reason')
    .option('--pid <pid>', 'only this dataset')
    .option(
      '--without-checksums',
      'also what the catalogue has only sizes of: if you trust who registered it',
    )
    .option('--created-before <time>', 'only what was registered before then, such as 2026-01-31T00:00:00Z')
    .option('--reason <text>', 'kept with what is adopted')
    .option('--by <name>', 'who does it (default: the user of this computer)')
    .option('--app <name>', 'the archiver in OPERATIONS_APPS_FILE', 'archiver')
    .action((target: string, options: AdoptOptions) =>
      perform(async (context) => (await import('./adopt/adopt.js')).adopt(context, target, options)),
    );
  for (const command of program.commands) command.exitOverride().copyInheritedSettings(program);
  return program;
}
