import type { Command, Option } from 'commander';
import type { CommandResult } from '#command-line';

export type Shell = 'bash' | 'zsh' | 'fish';

/** What can be typed: commands, and after each its options. */
interface Word {
  readonly name: string;
  readonly description: string;
  /** Whether a value follows. */
  readonly takesValue: boolean;
}

/** A command, or a group of them. */
interface Node {
  /** As it is typed: `retrieve`, `ops parked list`. */
  readonly path: string;
  /** What may come next: commands below it, then options. */
  readonly words: readonly Word[];
  readonly options: readonly Word[];
}

interface Typed {
  readonly commands: readonly Word[];
  /** All commands, also those below others. */
  readonly nodes: readonly Node[];
  readonly options: readonly Word[];
}

/** A script for a shell, made from the commands themselves: nothing can be completed that is not there. */
export function completion(program: Command, shell: Shell): Promise<CommandResult> {
  const options = optionsOf(program);
  const typed: Typed = {
    commands: program.commands.map(commandWord),
    nodes: program.commands.flatMap((command) => nodesOf(command, '', options)),
    options,
  };
  const lines = { bash, zsh, fish }[shell](typed).trim().split('\n');
  return Promise.resolve({ outcome: 'done', lines, document: { shell, script: lines.join('\n') } });
}

function commandWord(command: Command): Word {
  return { name: command.name(), description: command.description(), takesValue: false };
}

/** A command, then those below it. */
function nodesOf(command: Command, above: string, general: readonly Word[]): Node[] {
  const path = `${above}${command.name()}`;
  const options = optionsOf(command);
  const words = [...command.commands.map(commandWord), ...options, ...general];
  return [{ path, words, options }, ...command.commands.flatMap((one) => nodesOf(one, `${path} `, general))];
}

function optionsOf(command: Command): Word[] {
  const help = { name: '--help', description: 'show what this takes', takesValue: false };
  return [...command.options.map(wordOf), help];
}

function wordOf({ long, description, required, optional }: Option): Word {
  return { name: long ?? '', description, takesValue: required || optional };
}

const names = (words: readonly Word[]): string => words.map(({ name }) => name).join(' ');
const valued = (words: readonly Word[]): string =>
  [...new Set(words.filter(({ takesValue }) => takesValue).map(({ name }) => name))].join('|');
const everything = ({ nodes, options }: Typed): Word[] => [
  ...options,
  ...nodes.flatMap((command) => command.options),
];
/** Of a case of bash and zsh: all commands, each as it is typed. */
const paths = ({ nodes }: Typed): string => nodes.map(({ path }) => `'${path}'`).join('|');

function bash(typed: Typed): string {
  const cases = typed.nodes.map(({ path, words }) => `    '${path}') words='${names(words)}' ;;`).join('\n');
  return `
# catena completion bash: put into ~/.bashrc: source <(catena completion bash)
_catena() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' index words
  COMPREPLY=()
  case "$previous" in
    ${valued(everything(typed))}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "\${COMP_WORDS[index]}" in
      ${valued(typed.options)}) ((index++)) ;;
      -*) ;;
      *)
        case "\${command:+$command }\${COMP_WORDS[index]}" in
          ${paths(typed)}) command="\${command:+$command }\${COMP_WORDS[index]}" ;;
          *) command="\${command:-none}"; break ;;
        esac ;;
    esac
  done
  case "$command" in
    '') words='${names([...typed.commands, ...typed.options])}' ;;
    completion) words='bash zsh fish' ;;
${cases}
    *) words='' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ -n "$command" && "$current" != -* && \${#COMPREPLY[@]} -eq 0 ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _catena catena`;
}

function zsh(typed: Typed): string {
  const described = (words: readonly Word[]): string =>
    words.map(({ name, description }) => `      ${quoted(`${name}:${description}`)}`).join('\n');
  const cases = typed.nodes
    .map(({ path, words }) => `    '${path}') words_=(\n${described(words)}\n    ) ;;`)
    .join('\n');
  const groups = typed.nodes
    .filter(({ path }) => typed.nodes.some((other) => other.path.startsWith(`${path} `)))
    .map(({ path }) => `'${path}'`);
  return `
#compdef catena
# catena completion zsh: put into ~/.zshrc after compinit: source <(catena completion zsh)
_catena() {
  local command='' index
  local -a words_
  case "\${words[CURRENT-1]}" in
    ${valued(everything(typed))}) _files; return ;;
  esac
  for ((index = 2; index < CURRENT; index++)); do
    case "\${words[index]}" in
      ${valued(typed.options)}) ((index++)) ;;
      -*) ;;
      *)
        case "\${command:+$command }\${words[index]}" in
          ${paths(typed)}) command="\${command:+$command }\${words[index]}" ;;
          *) command="\${command:-none}"; break ;;
        esac ;;
    esac
  done
  case "$command" in
    '') words_=(
${described([...typed.commands, ...typed.options])}
    ) ;;
    completion) words_=(bash zsh fish) ;;
${cases}
  esac
  case "$command" in
    ''|completion|${groups.join('|')}) _describe 'catena' words_; return ;;
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe 'catena' words_
  else
    _files
  fi
}
compdef _catena catena`;
}

function fish(typed: Typed): string {
  const line = (word: Word, condition: string): string =>
    `complete -c catena ${condition}-l ${word.name.slice(2)}${word.takesValue ? ' -r' : ''} -d ${quoted(word.description)}`;
  const seen = (path: string): string =>
    path
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ');
  const offer = (condition: string, words: readonly Word[]): string[] =>
    words.map(
      ({ name, description }) =>
        `complete -c catena -n '${condition}' -f -a ${name} -d ${quoted(description)}`,
    );
  // What follows `--profile` is no command, so "no word yet" would be the wrong question.
  const none = `not __fish_seen_subcommand_from ${names(typed.commands)}`;
  const commands = [
    ...offer(none, typed.commands),
    ...typed.nodes.flatMap(({ path, words, options }) => {
      const below = words.filter(({ name }) => !name.startsWith('--'));
      const next =
        below.length === 0 ? '' : `${seen(path)}; and not __fish_seen_subcommand_from ${names(below)}`;
      return [...offer(next, below), ...options.map((option) => line(option, `-n '${seen(path)}' `))];
    }),
  ];
  return [
    '# catena completion fish: put into ~/.config/fish/config.fish: catena completion fish | source',
    ...typed.options.map((option) => line(option, '')),
    ...commands,
    `complete -c catena -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'`,
  ].join('\n');
}

/** In single quotes, as all three shells read them: an apostrophe inside would end them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
