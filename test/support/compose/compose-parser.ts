import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inside, runInside } from '../../../tools/local-stack/src/services/home.js';
import { debianHome, type DebianHome } from '../debian-home.js';
import { repository } from '../repository.js';

/** A service as Compose hands it to the engine: everything replaced, merged and made absolute. */
export interface ParsedService {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly { readonly source: string; readonly target: string }[];
  readonly networks?: Readonly<Record<string, object | null>>;
  readonly ports?: readonly { readonly published: string; readonly host_ip?: string }[];
  readonly depends_on?: Readonly<Record<string, { readonly required: boolean }>>;
}

export interface ParsedFile {
  readonly services: Readonly<Record<string, ParsedService>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
}

const program = '/usr/libexec/docker/cli-plugins/docker-compose';
/** What the files of an installation name. */
const parts = ['docker-compose.yml', 'docker', 'examples'];

/** Compose's own parser, as Debian packages it: it reads files without an engine. */
export class ComposeParser {
  private constructor(private readonly home: DebianHome) {}

  static async create(): Promise<ComposeParser> {
    const home = await debianHome('compose');
    const folder = join(home.dataDirectory, 'catena');
    for (const part of parts) cpSync(join(repository, part), join(folder, part), { recursive: true });
    return new ComposeParser(home);
  }

  /** A further file for the parser, below its folder. */
  write(path: string, text: string): void {
    const file = join(this.home.dataDirectory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o644);
  }

  /**
   * @param files of the project, as paths below the parser's folder; the first one says where it is
   * @throws CommandFailed with what Compose says of a file that it does not take
   */
  async read(
    files: readonly string[],
    variables: string,
    profiles: readonly string[] = [],
  ): Promise<ParsedFile> {
    this.write('variables.env', variables);
    const lines = await runInside(this.home, [
      ...[program, '--env-file', inside('variables.env')],
      ...files.flatMap((file) => ['--file', inside(file)]),
      ...profiles.flatMap((profile) => ['--profile', profile]),
      ...['config', '--format', 'json'],
    ]);
    const warnings = lines.filter((line) => line.startsWith('time='));
    if (warnings.length > 0) throw new Error(`expected no warning of Compose, found ${warnings.join('\n')}`);
    return JSON.parse(lines.join('\n')) as ParsedFile;
  }

  close(): Promise<void> {
    return this.home.remove();
  }
}
