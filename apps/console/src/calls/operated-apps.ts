import { Injectable } from '@nestjs/common';
import type { OperatedApp } from '#operations-client';

/** The apps of OPERATIONS_APPS_FILE, as they were named when the console started. */
@Injectable()
export class OperatedApps {
  constructor(readonly all: readonly OperatedApp[]) {}

  get names(): readonly string[] {
    return this.all.map(({ name }) => name);
  }

  named(name: string): OperatedApp | undefined {
    return this.all.find((app) => app.name === name);
  }

  /** Processes of one kind may have names such as `archiver-basel`. */
  ofKind(kind: string): readonly OperatedApp[] {
    return this.all.filter(({ name }) => name === kind || name.startsWith(`${kind}-`));
  }
}
