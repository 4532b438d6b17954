import { barOn, linesOn, noProgress, type Progress } from './progress.js';
import { lineText } from './progress-text.js';

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Results go to standard output, everything else to standard error. Texts of others cannot disturb a terminal there. */
export class Output {
  constructor(private readonly options: OutputOptions) {}

  /** What a person watching likes to know. */
  say(line: string): void {
    if (!this.options.quiet) process.stderr.write(`${lineText(line)}\n`);
  }

  /** What a person must know. */
  warn(line: string): void {
    process.stderr.write(`catena: ${lineText(line)}\n`);
  }

  /** The end of a command: its lines for people, or the one JSON document. */
  result(lines: readonly string[], document: unknown): void {
    // JSON has ends of lines of its own, and reads escapes as what they stand for.
    const all = this.options.json ? JSON.stringify(document, undefined, 2).split('\n') : lines;
    process.stdout.write(all.map((line) => `${lineText(line)}\n`).join(''));
  }

  /** An error ends in both places, so that a script finds it where it reads. */
  failure(message: string, document: object): void {
    this.warn(message);
    if (this.options.json) this.result([], document);
  }

  /** @param text how an amount is written: bytes unless said */
  progress(label: string, total: number, text?: (amount: number) => string): Progress {
    if (this.options.quiet) return noProgress;
    return process.stderr.isTTY
      ? barOn(process.stderr, label, total, text)
      : linesOn((line) => this.say(line), label, total, text);
  }
}
