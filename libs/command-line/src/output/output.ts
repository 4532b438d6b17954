import { barOn, linesOn, noProgress, type Progress } from './progress.js';

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Results go to standard output, everything else to standard error. */
export class Output {
  constructor(private readonly options: OutputOptions) {}

  /** What a person watching likes to know. */
  say(line: string): void {
    if (!this.options.quiet) process.stderr.write(`${line}\n`);
  }

  /** What a person must know. */
  warn(line: string): void {
    process.stderr.write(`catena: ${line}\n`);
  }

  /** The end of a command: its lines for people, or the one JSON document. */
  result(lines: readonly string[], document: unknown): void {
    const text = this.options.json
      ? `${JSON.stringify(document, undefined, 2)}\n`
      : lines.map((line) => `${line}\n`).join('');
    process.stdout.write(text);
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
