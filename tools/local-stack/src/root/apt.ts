import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed, runCommand } from '../process/run-command.js';
import type { DebianSource } from './host.js';
import { chosenPackages, neededPackages, type ChosenPackage } from './packages.js';
import type { Recipe } from './recipe.js';

type Log = (line: string) => void;

const PROGRESS_MILLISECONDS = 2_000;
const DESCRIPTIONS_AT_ONCE = 100;
/** apt says by one of these that a mirror has no such version any more; all else may be over at the next attempt. */
const GONE =
  /\s(404|410)\s|File not found|was not found|Unable to locate package|Can't find a source|Hash Sum mismatch|unexpected size/;

/**
 * apt with a state of its own below a folder, for anybody: it knows the suite of a recipe and no installed package, and
 * only fetches. Where the machine reaches its mirror, and how, is in the machine's own configuration.
 */
export class Apt {
  private readonly configuration: string;
  readonly archives: string;

  constructor(
    private readonly folder: string,
    private readonly source: DebianSource,
    private readonly log: Log,
  ) {
    this.configuration = join(folder, 'apt.conf');
    this.archives = join(folder, 'archives');
  }

  /**
   * The archives of a recipe's packages, fetched as far as they are not there yet. What was chosen is kept in a file, so
   * an interrupted download goes on with the same versions.
   */
  async fetch(recipe: Recipe, choiceFile: string): Promise<ChosenPackage[]> {
    const kept = await this.keptChoice(choiceFile);
    if (kept !== undefined) {
      if (this.missing(kept).length === 0) return kept;
      try {
        await this.prepare(recipe);
        await this.download(kept);
        return kept;
      } catch (error) {
        if (!(error instanceof CommandFailed) || !GONE.test(error.message)) throw error;
        this.log('some packages of an earlier attempt cannot be had any more; choosing anew');
      }
    }
    await this.prepare(recipe);
    this.log('reading the package lists');
    const updated = await this.run('apt-get', ['-q', 'update']);
    const chosen = await this.choose(recipe).catch((error: unknown) => {
      // It calls an update without a network a success; what it warned of then explains that packages are unknown.
      const warnings = updated.filter((line) => /^[WE]: /.test(line));
      if (!(error instanceof CommandFailed) || warnings.length === 0) throw error;
      throw new CommandFailed([error.message, 'the package lists are not whole:', ...warnings].join('\n  '));
    });
    await writeFile(`${choiceFile}.new`, JSON.stringify(chosen));
    await rename(`${choiceFile}.new`, choiceFile);
    await this.download(chosen);
    return chosen;
  }

  /** Removes the archives that a choice does not name. */
  async keepOnly(choiceFile: string): Promise<void> {
    const wanted = new Set(((await this.keptChoice(choiceFile)) ?? []).map(({ file }) => file));
    for (const file of await readdir(this.archives))
      if (file.endsWith('.deb') && !wanted.has(file)) await rm(join(this.archives, file), { force: true });
  }

  private async keptChoice(file: string): Promise<ChosenPackage[] | undefined> {
    try {
      return JSON.parse(await readFile(file, 'utf8')) as ChosenPackage[];
    } catch {
      return undefined;
    }
  }

  private async prepare({ suite }: Recipe): Promise<void> {
    const { mirror, keyring, architecture } = this.source;
    for (const name of ['lists/partial', 'archives/partial', 'no-archives/partial', 'cache', 'etc/empty'])
      await mkdir(join(this.folder, name), { recursive: true });
    const at = (name: string): string => JSON.stringify(join(this.folder, name));
    await writeFile(join(this.folder, 'status'), '');
    await writeFile(
      join(this.folder, 'etc/sources.list'),
      `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`,
    );
    const lines = [
      // Other programs of the machine are not told of lists and packages that are none of its own.
      '#clear APT::Update::Post-Invoke;',
      '#clear APT::Update::Post-Invoke-Success;',
      '#clear Acquire::IndexTargets::deb::DEP-11;',
      '#clear APT::Architectures;',
      `APT::Architecture "${architecture}"; APT::Architectures { "${architecture}"; };`,
      'APT::Sandbox::User "root"; Acquire::Languages "none"; Acquire::Retries "3";',
      `Dir::State ${at('')}; Dir::State::lists ${at('lists')}; Dir::State::status ${at('status')};`,
      `Dir::Cache ${at('cache')}; Dir::Cache::archives ${at('archives')};`,
      `Dir::Etc::sourcelist ${at('etc/sources.list')}; Dir::Etc::sourceparts ${at('etc/empty')};`,
      `Dir::Etc::preferences ${at('etc/none')}; Dir::Etc::preferencesparts ${at('etc/empty')};`,
    ];
    await writeFile(this.configuration, `${lines.join('\n')}\n`);
  }

  private async choose({ packages, leftOut }: Recipe): Promise<ChosenPackage[]> {
    // Looked at from an empty folder of archives: apt does not name what it would not have to fetch.
    const elsewhere = ['-o', `Dir::Cache::archives=${join(this.folder, 'no-archives')}`];
    const options = ['-y', '--no-install-recommends', '--print-uris', ...elsewhere];
    const chosen = chosenPackages(await this.run('apt-get', ['install', ...options, ...packages]));
    const descriptions: string[] = [];
    for (let first = 0; first < chosen.length; first += DESCRIPTIONS_AT_ONCE) {
      const some = chosen.slice(first, first + DESCRIPTIONS_AT_ONCE);
      const names = some.map(({ name, version }) => `${name}=${version}`);
      descriptions.push(...(await this.run('apt-cache', ['show', ...names])), '');
    }
    return neededPackages(chosen, descriptions, packages, leftOut);
  }

  private async download(chosen: readonly ChosenPackage[]): Promise<void> {
    const missing = this.missing(chosen);
    if (missing.length === 0) return;
    const total = bytesOf(chosen);
    const had = total - bytesOf(missing);
    const already = had === 0 ? '' : `, ${megabytes(had)} of them are there already`;
    this.log(`fetching ${chosen.length} packages, ${megabytes(total)}${already}`);
    const timer = setInterval(() => {
      void this.fetched(missing).then((bytes) =>
        this.log(`fetched ${megabytes(had + bytes)} of ${megabytes(total)}`),
      );
    }, PROGRESS_MILLISECONDS);
    try {
      const names = missing.map(({ name, version }) => `${name}=${version}`);
      await this.run('apt-get', ['-q', 'download', ...names], this.archives);
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      throw new CommandFailed(
        `${error.message}\nWhat was fetched so far is kept in ${this.archives}: the next attempt goes on from there`,
      );
    } finally {
      clearInterval(timer);
    }
  }

  /** Apt moves an archive into its place once it is whole and proven. */
  private missing(chosen: readonly ChosenPackage[]): ChosenPackage[] {
    return chosen.filter(({ file, bytes }) => {
      const path = join(this.archives, file);
      return !existsSync(path) || statSync(path).size !== bytes;
    });
  }

  private async fetched(chosen: readonly ChosenPackage[]): Promise<number> {
    const sizes = chosen.flatMap(({ file }) => [
      sizeOf(join(this.archives, file)),
      sizeOf(join(this.archives, 'partial', file)),
    ]);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  private run(
    program: string,
    parameters: readonly string[],
    workingDirectory = this.folder,
  ): Promise<string[]> {
    const environment = { ...process.env, LC_ALL: 'C.UTF-8' };
    return runCommand(program, ['-c', this.configuration, ...parameters], { environment, workingDirectory });
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function bytesOf(packages: readonly ChosenPackage[]): number {
  return packages.reduce((sum, { bytes }) => sum + bytes, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
