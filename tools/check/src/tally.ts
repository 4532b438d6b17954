/** Counts what was checked and tells it while it happens. */
export class Tally {
  passed = 0;
  failed = 0;

  /** Runs one named step and prints its name, time and result; what it throws is its failure. */
  async step(name: string, work: () => Promise<void>): Promise<boolean> {
    const began = Date.now();
    try {
      await work();
      this.passed += 1;
      console.log(`ok      ${name} (${seconds(began)})`);
      return true;
    } catch (error) {
      this.failed += 1;
      console.log(`FAILED  ${name} (${seconds(began)})`);
      console.log(indent(error instanceof Error ? error.message : String(error)));
      return false;
    }
  }

  /** The last line of every run, for people and machines. */
  summary(): string {
    return `${this.passed} passed, ${this.failed} failed`;
  }

  get succeeded(): boolean {
    return this.failed === 0 && this.passed > 0;
  }
}

export function seconds(began: number): string {
  return `${((Date.now() - began) / 1000).toFixed(1)} s`;
}

export function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `        ${line}`)
    .join('\n');
}
