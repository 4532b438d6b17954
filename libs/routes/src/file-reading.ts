import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type YAMLMap,
} from 'yaml';
import { nearestWord } from './nearest-word.js';

/** A YAML file that is read to its end, whatever is wrong in it: all problems are told at once, each with its line. */
export class FileReading {
  readonly problems: string[] = [];
  private readonly lines = new LineCounter();
  private readonly document: Document;

  constructor(
    private readonly file: string,
    text: string,
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false });
    for (const { pos, message } of this.document.errors)
      this.tell(
        this.lines.linePos(pos[0]).line,
        `Expected YAML that can be read, found: ${message}. Correct the line.`,
      );
  }

  /** Undefined when there is nothing that can be read. */
  get root(): FileValue | undefined {
    if (this.problems.length > 0) return undefined;
    return new FileValue(this, this.document.contents, 1, '');
  }

  tell(line: number, problem: string): void {
    this.problems.push(`${this.file}, line ${line}: ${problem}`);
  }

  lineOf(node: unknown, otherwise: number): number {
    const start = isNode(node) ? node.range?.[0] : undefined;
    return start === undefined ? otherwise : this.lines.linePos(start).line;
  }

  /** What an alias stands for; anything else as it is. */
  resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.document) : node;
  }

  plain(node: unknown): unknown {
    return isNode(node) ? node.toJS(this.document) : node;
  }
}

/** A value somewhere in the file. */
export class FileValue {
  private readonly node: unknown;

  constructor(
    private readonly reading: FileReading,
    node: unknown,
    readonly line: number,
    /** As `targets[0].place`. */
    readonly key: string,
  ) {
    this.node = reading.resolved(node);
  }

  get plain(): unknown {
    return this.reading.plain(this.node);
  }

  /** The text of a single value as it was written, without quotes; undefined of anything else. */
  get written(): string | undefined {
    if (!isScalar(this.node) || this.node.value === null) return undefined;
    return typeof this.node.value === 'string'
      ? this.node.value
      : (this.node.source ?? String(this.node.value));
  }

  /** The keys below with their values; undefined where there are none. */
  get object(): Readonly<Record<string, unknown>> | undefined {
    return isMap(this.node) ? (this.plain as Record<string, unknown>) : undefined;
  }

  /** The value below these keys, or what there is of the way to it. */
  at([key, ...others]: readonly string[]): FileValue {
    if (key === undefined || !isMap(this.node)) return this;
    const pair = this.node.items.find((one) => String(this.reading.plain(one.key)) === key);
    if (pair === undefined) return this;
    const line = this.reading.lineOf(pair.key, this.line);
    return new FileValue(this.reading, pair.value, line, `${this.key}.${key}`).at(others);
  }

  tell(problem: string): void {
    this.reading.tell(this.line, `\`${this.key}\`: ${problem}`);
  }

  /** @returns undefined, for a reader to return */
  refuse(expected: string, remedy: string, found = JSON.stringify(this.plain) ?? 'nothing'): undefined {
    const what = found.length > 120 ? `${found.slice(0, 120)}…` : found;
    const where = this.key === '' ? '' : `\`${this.key}\`: `;
    this.reading.tell(this.line, `${where}Expected ${expected}, found ${what}. ${remedy}`);
    return undefined;
  }

  /** @returns undefined when it is no list, which is told */
  items(what: string): FileValue[] | undefined {
    if (!isSeq(this.node)) return this.refuse(`a list of ${what}`, 'Write one `- …` line for each.');
    return this.node.items.map(
      (item, index) =>
        new FileValue(this.reading, item, this.reading.lineOf(item, this.line), `${this.key}[${index}]`),
    );
  }

  /** @returns undefined when it has no keys, which is told; unknown keys are told, too */
  entry(known: readonly string[], advice: Readonly<Record<string, string>> = {}): FileEntry | undefined {
    if (isMap(this.node)) return new FileEntry(this.reading, this.node, this, known, advice);
    return this.refuse(`the keys ${known.join(', ')}`, 'Write them below, each as `key: value`.');
  }
}

/** A value with keys. */
export class FileEntry {
  private readonly values = new Map<string, FileValue>();
  /** Keys that unknown ones were probably meant to be: these are not called missing as well. */
  private readonly meant = new Set<string>();

  constructor(
    reading: FileReading,
    map: YAMLMap,
    readonly self: FileValue,
    known: readonly string[],
    advice: Readonly<Record<string, string>>,
  ) {
    for (const { key, value } of map.items) {
      const name = String(reading.plain(key));
      const path = self.key === '' ? name : `${self.key}.${name}`;
      const found = new FileValue(reading, value, reading.lineOf(key, self.line), path);
      if (known.includes(name)) this.values.set(name, found);
      else this.refuseKey(found, name, known, advice[name]);
    }
  }

  private refuseKey(found: FileValue, name: string, known: readonly string[], advice?: string): void {
    const nearest = nearestWord(name, known);
    if (nearest !== undefined) this.meant.add(nearest);
    const remedy = advice ?? (nearest === undefined ? 'Remove it.' : `Did you mean \`${nearest}\`?`);
    found.refuse(`one of the keys ${known.join(', ')}`, remedy, `\`${name}\``);
  }

  value(key: string): FileValue | undefined {
    return this.values.get(key);
  }

  /** @returns undefined when the key is not there, or its value was refused */
  optional<T>(key: string, read: (value: FileValue) => T | undefined): T | undefined {
    const value = this.values.get(key);
    return value === undefined ? undefined : read(value);
  }

  /** The same of a key that has to be there. */
  required<T>(key: string, read: (value: FileValue) => T | undefined, example: string): T | undefined {
    if (!this.values.has(key) && !this.meant.has(key))
      this.self.refuse(`the key \`${key}\``, `Add it, for example \`${key}: ${example}\`.`, 'it missing');
    return this.optional(key, read);
  }
}
