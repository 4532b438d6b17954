import { isOfKind } from '#console-api';
import { Silences, type OperatedApp } from '#operations-client';

/** The apps of OPERATIONS_APPS_FILE, as they were named when the console started. */
export class OperatedApps {
  /** Since when they do not answer this process. */
  readonly silences = new Silences();

  constructor(readonly all: readonly OperatedApp[]) {}

  get names(): readonly string[] {
    return this.all.map(({ name }) => name);
  }

  named(name: string): OperatedApp | undefined {
    return this.all.find((app) => app.name === name);
  }

  ofKind(kind: string): readonly OperatedApp[] {
    return this.all.filter(({ name }) => isOfKind(name, kind));
  }
}
