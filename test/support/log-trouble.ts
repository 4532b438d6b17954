import { readFile } from 'node:fs/promises';

const warning = 40;
const maxLines = 40;

interface LogLine {
  readonly level: number;
  readonly time: number | string;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/** The newest warnings and errors of an app's log, one a line, to be printed where nobody can look into files. */
export async function troubleIn(logFile: string): Promise<string[]> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text
    .split('\n')
    .map(parsed)
    .filter((line) => line !== undefined && line.level >= warning)
    .slice(-maxLines)
    .map((line) => JSON.stringify(line).slice(0, 500));
}

/** Lines of an app's log about messages that it could not read: Catena's own apps send none such. */
export async function unreadableIn(logFile: string): Promise<string[]> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line.includes('"messaging.malformed"'));
}

/** Undefined for what is no line of the logger; a stack on standard error counts as an error. */
function parsed(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return /^\s*(at |\w*Error\b)/.test(text) ? { level: 50, time: '', msg: text } : undefined;
  }
}
