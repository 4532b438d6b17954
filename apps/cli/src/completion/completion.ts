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

interface Typed {
  readonly commands: readonly { readonly word: Word; readonly options: readonly Word[] }[];
  readonly options: readonly Word[];
}

/** A script for a shell, made from the commands themselves: nothing can be completed that is not there. */
export function completion(program: Command, shell: Shell): Promise<CommandResult> {
  const typed: Typed = {
    commands: program.commands.map((command) => ({
      word: { name: command.name(), description: command.description(), takesValue: false },
      options: optionsOf(command),
    })),
    options: optionsOf(program),
  };
  const lines = { bash, zsh, fish }[shell](typed).trim().split('\n');
  return Promise.resolve({ outcome: 'done', lines, document: { shell, script: lines.join('\n') } });
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
const everything = ({ commands, options }: Typed): Word[] => [
  ...options,
  ...commands.flatMap((command) => command.options),
];

function bash(typed: Typed): string {
  const cases = typed.commands
    .map(({ word, options }) => `    ${word.name}) words='${names([...options, ...typed.options])}' ;;`)
    .join('\n');
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
      *) command="\${COMP_WORDS[index]}"; break ;;
    esac
  done
  case "$command" in
    '') words='${names([...typed.commands.map(({ word }) => word), ...typed.options])}' ;;
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
  const cases = typed.commands
    .map(
      ({ word, options }) =>
        `    ${word.name}) words_=(\n${described([...options, ...typed.options])}\n    ) ;;`,
    )
    .join('\n');
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
      *) command="\${words[index]}"; break ;;
    esac
  done
  case "$command" in
    '') words_=(
${described([...typed.commands.map(({ word }) => word), ...typed.options])}
    ) ;;
    completion) words_=(bash zsh fish) ;;
${cases}
  esac
  if [[ -z "$command" || "\${words[CURRENT]}" == -* || "$command" == completion ]]; then
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
  // What follows `--profile` is no command, so "no word yet" would be the wrong question.
  const none = `-n 'not __fish_seen_subcommand_from ${names(typed.commands.map(({ word }) => word))}'`;
  const commands = typed.commands.flatMap(({ word, options }) => [
    `complete -c catena ${none} -f -a ${word.name} -d ${quoted(word.description)}`,
    ...options.map((option) => line(option, `-n '__fish_seen_subcommand_from ${word.name}' `)),
  ]);
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
