import { Argument, Command, Option } from 'commander';
import type { CommandResult, Runner } from '#command-line';
import type { CatenaOptions, CommandContext } from './command.js';
import type { Shell } from './completion/completion.js';
import type { CertificateOptions } from './certificates/certificate-commands.js';
import type { SearchOptions } from './datasets/dataset-commands.js';
import type { IngestOptions } from './ingest/ingest-folder.js';
import type { JobOptions, JobsOptions, SubmitOptions } from './jobs/job-commands.js';
import type { PublishOptions, WithdrawOptions } from './publications/publication-commands.js';
import { addOps } from './ops-program.js';
import { addTransferOptions, each, positiveInteger } from './options.js';
import type { RetrieveOptions } from './retrieve/retrieve-dataset.js';
import type { LoginOptions } from './sign-in/login.js';
import { version } from './version.js';

const afterHelp = `
Exit codes: 0 done, 1 a job or a verification failed, 2 wrong usage, 3 not signed in or forbidden,
4 server out of reach, 5 conflict (also a folder that has changed since it was ingested), 130 interrupted.
Variables: CATENA_URL, CATENA_TOKEN, CATENA_USERNAME, CATENA_PASSWORD, CATENA_PROFILE. Settings: catena/config.json in the
folder of your settings (docs: the command line).`;

/** The command line: names and options of all commands. What a command needs is loaded when it runs, so that `--help` is quick. */
export function programFor(run: Runner<CommandContext, CatenaOptions>): Command {
  const program = new Command('catena')
    .description('Send data to the archive, get it back, and see what happens to it.')
    .version(version(), '--version', 'print the version')
    .option('--json', 'print one JSON document on standard output at the end')
    .option('--quiet', 'say nothing but results, warnings and errors')
    .option('--profile <name>', 'one of several servers you are signed in at (default: CATENA_PROFILE)')
    .addHelpText('after', afterHelp)
    .showHelpAfterError('(catena --help shows all commands)')
    .exitOverride();
  const perform = (command: (context: CommandContext) => Promise<CommandResult>): Promise<void> =>
    run(program.opts<CatenaOptions>(), command);

  addSignIn(program, perform);
  addDatasets(program, perform);
  addIngest(program, perform);
  addJobs(program, perform);
  addPublications(program, perform);
  addRetrieve(program, perform);
  addCertificate(program, perform);
  addOps(program, perform);
  addCompletion(program, perform);
  inherit(program);
  return program;
}

/** Commands below commands end as the program says, too. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.exitOverride().copyInheritedSettings(parent);
    inherit(command);
  }
}

type Perform = (command: (context: CommandContext) => Promise<CommandResult>) => Promise<void>;

function addSignIn(program: Command, perform: Perform): void {
  program
    .command('login')
    .description('sign in; the token is kept where only you can read it')
    .option(
      '--url <url>',
      'the Catena server (default: CATENA_URL, or the last one, or http://127.0.0.1:3000)',
    )
    .option('--username <name>')
    .option('--password-stdin', 'read the password from standard input')
    .addOption(
      new Option(
        '--browser',
        "at the facility's identity provider, with the browser of this machine",
      ).conflicts(['device', 'username', 'passwordStdin']),
    )
    .addOption(
      new Option(
        '--device',
        "at the facility's identity provider, with a code that you type on any other device",
      ).conflicts(['username', 'passwordStdin']),
    )
    .action((options: LoginOptions) =>
      perform(async (context) => (await import('./sign-in/login.js')).login(context, options)),
    );
  program
    .command('logout')
    .description('end the session, here and at the server')
    .action(() =>
      perform(async (context) => (await import('./sign-in/session-commands.js')).logout(context)),
    );
  program
    .command('whoami')
    .description('who you are at the server, and your groups')
    .action(() =>
      perform(async (context) => (await import('./sign-in/session-commands.js')).whoami(context)),
    );
}

function addDatasets(program: Command, perform: Perform): void {
  program
    .command('search')
    .description('find datasets by words of their names, descriptions and keywords, newest first')
    .argument('[word...]')
    .option('--limit <number>', 'how many', positiveInteger, 20)
    .option('--owner-group <group>', 'only those of this group')
    .action((words: string[], options: SearchOptions) =>
      perform(async (context) =>
        (await import('./datasets/dataset-commands.js')).search(context, words, options),
      ),
    );
  program
    .command('show')
    .description('show one dataset')
    .argument('<pid>')
    .action((pid: string) =>
      perform(async (context) => (await import('./datasets/dataset-commands.js')).show(context, pid)),
    );
  program
    .command('files')
    .description('list the files of a dataset')
    .argument('<pid>')
    .action((pid: string) =>
      perform(async (context) => (await import('./datasets/dataset-commands.js')).files(context, pid)),
    );
}

function addRetrieve(program: Command, perform: Perform): void {
  const command = program
    .command('retrieve')
    .description('recall a dataset, or some files of it, and restore the files into a folder')
    .argument('<pid>')
    .requiredOption('--to <folder>', 'made when it is not there')
    .option('--file <path>', 'only this file, or what lies below this folder; may be repeated', each)
    .option('--overwrite', 'replace files that have other content')
    .option('--keep', 'do not let go of the copies in the retrieval area when all files are there');
  addTransferOptions(command, 'datablocks').action((pid: string, options: RetrieveOptions) =>
    perform(async (context) =>
      (await import('./retrieve/retrieve-dataset.js')).retrieve(context, pid, options),
    ),
  );
}

function addCertificate(program: Command, perform: Perform): void {
  program
    .command('certificate')
    .description(
      'what of a dataset is stored where, signed by the archive; and whether such a certificate is valid',
    )
    .argument('[pid]')
    .option('-o, --output <file>', 'write the certificate into this file')
    .option('--html', 'as a page to print, which contains the certificate')
    .option(
      '--check <file>',
      'say whether the certificate in a file (JSON or page) is valid, and what it certifies',
    )
    .option('--keys <file>', 'check with these public keys, without a server (default: those of the server)')
    .option('--save-keys <file>', 'write the public keys of the server into a file, to check with later')
    .action((pid: string | undefined, options: CertificateOptions) =>
      perform(async (context) =>
        (await import('./certificates/certificate-commands.js')).certificate(context, pid, options),
      ),
    );
}

function addCompletion(program: Command, perform: Perform): void {
  program
    .command('completion')
    .description('print what makes your shell complete commands and options')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action((shell: Shell) =>
      perform(async () => (await import('./completion/completion.js')).completion(program, shell)),
    );
}

function addIngest(program: Command, perform: Perform): void {
  const command = program
    .command('ingest')
    .description('register a folder as a dataset and send its files; again after an interruption to go on')
    .argument('<folder>')
    .option('--owner-group <group>', 'the group that owns the dataset (default: what the settings say)')
    .option('--name <name>', 'name of the dataset (default: name of the folder)')
    .option('--contact-email <address>', 'default: yours')
    .addOption(new Option('--type <type>', 'kind of dataset').choices(['raw', 'derived']).default('raw'))
    .option('--metadata <file>', 'JSON object with further fields of the dataset, such as scientificMetadata')
    .option('--skip-unsupported', 'leave out links and special files instead of refusing the folder')
    .option('--new', 'make another dataset even if this folder was ingested before')
    .addOption(
      new Option(
        '--new-if-changed',
        'make another dataset if the content has changed since (for scripts that always use one folder)',
      ).conflicts('new'),
    );
  addTransferOptions(command, 'transfers').action((folder: string, options: IngestOptions) =>
    perform(async (context) => (await import('./ingest/ingest-folder.js')).ingest(context, folder, options)),
  );
}

function addJobs(program: Command, perform: Perform): void {
  const submitting = {
    archive: 'archive datasets',
    verify: 'read archived datasets back and compare checksums',
  } as const;
  for (const [type, description] of Object.entries(submitting) as [keyof typeof submitting, string][])
    program
      .command(type)
      .description(description)
      .argument('<pid...>')
      .option('--wait', 'follow the job to its end')
      .action((pids: string[], options: SubmitOptions) =>
        perform(async (context) =>
          (await import('./jobs/job-commands.js')).submit(context, type, pids, options),
        ),
      );
  addCopyJobs(program, perform);
  program
    .command('jobs')
    .description('list jobs, newest first')
    .option('--limit <number>', 'how many', positiveInteger, 20)
    .option('--mine', 'only those you submitted')
    .action((options: JobsOptions) =>
      perform(async (context) => (await import('./jobs/job-commands.js')).showJobs(context, options)),
    );
  program
    .command('job')
    .description('show one job')
    .argument('<id>')
    .option('--follow', 'until its end')
    .addOption(new Option('--cancel', 'ask for its end').conflicts('retry'))
    .option('--reason <text>', 'why it is cancelled: needed for a job of others')
    .option('--retry', 'make a new job for what failed')
    .addOption(
      new Option('--extend', 'keep what it has retrieved for longer, with new links').conflicts([
        ...['cancel', 'retry', 'release'],
      ]),
    )
    .addOption(
      new Option('--release', 'let go of what it has retrieved: it makes room for others').conflicts([
        ...['cancel', 'retry'],
      ]),
    )
    .action((id: string, options: JobOptions) =>
      perform(async (context) => (await import('./jobs/job-commands.js')).showJob(context, id, options)),
    );
}

/** For archive managers: what becomes of copies on long-term storage. */
function addCopyJobs(program: Command, perform: Perform): void {
  const submitting =
    (type: 'repair' | 'migrate') =>
    (pids: string[], options: SubmitOptions): Promise<void> =>
      perform(async (context) =>
        (await import('./jobs/job-commands.js')).submit(context, type, pids, options),
      );
  program
    .command('repair')
    .description('mend damaged and missing copies on long-term storage from good ones (archive managers)')
    .argument('<pid...>')
    .option('--target <name>', 'only copies on this target')
    .option('--wait', 'follow the job to its end')
    .action(submitting('repair'));
  program
    .command('migrate')
    .description('move copies from one target of long-term storage to another (archive managers)')
    .argument('<pid...>')
    .requiredOption('--from <name>', 'the target that they leave')
    .requiredOption('--to <name>', 'the target that gets them')
    .option('--wait', 'follow the job to its end')
    .action(submitting('migrate'));
}

function addPublications(program: Command, perform: Perform): void {
  program
    .command('publish')
    .description('make datasets citable: a record, a DOI, a landing page')
    .argument('[pid...]')
    .option('--title <title>', 'default: what the datasets suggest')
    .option('--abstract <text>', 'default: what the datasets suggest')
    .option('--creator <name...>', '"Family, Given", one or more (default: owners of the datasets)')
    .option('--publisher <name>')
    .option('--licence <id>', 'SPDX id such as CC-BY-4.0')
    .option(
      '--embargo <date>',
      'files stay private until this day (YYYY-MM-DD) or moment (YYYY-MM-DDThh:mm+hh:mm)',
    )
    .option('--metadata <file>', 'JSON object with further metadata in the words of DataCite')
    .option('--doi <doi>', 'go on with a record that exists')
    .option('--wait', 'follow it until the public sees it')
    .action((pids: string[], options: PublishOptions) =>
      perform(async (context) =>
        (await import('./publications/publication-commands.js')).publish(context, pids, options),
      ),
    );
  program
    .command('doi')
    .description('show where a DOI stands: in the catalogue, at DataCite, on its page')
    .argument('<doi>')
    .option('--wait', 'until its registration is over')
    .action((doi: string, options: { wait?: boolean }) =>
      perform(async (context) =>
        (await import('./publications/publication-commands.js')).showDoi(context, doi, options),
      ),
    );
  program
    .command('withdraw')
    .description('leave a tombstone in place of a publication (administrators)')
    .argument('<doi>')
    .requiredOption('--reason <text>', 'what the public reads on it')
    .option('--replaced-by <doi>', 'what takes its place')
    .action((doi: string, options: WithdrawOptions) =>
      perform(async (context) =>
        (await import('./publications/publication-commands.js')).withdrawDoi(context, doi, options),
      ),
    );
}
