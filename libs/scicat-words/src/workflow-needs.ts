import type { Workflow } from '#contracts';

/** What a dataset must say to be taken for a workflow; a reset is there for whatever it says. */
export function flagOf(workflow: Workflow): 'archivable' | 'retrievable' | undefined {
  if (workflow === 'reset') return undefined;
  return workflow === 'archive' ? 'archivable' : 'retrievable';
}

/** Whether a job of this workflow has its datasets to itself. */
export function isExclusive(workflow: Workflow): workflow is 'archive' | 'reset' {
  return workflow === 'archive' || workflow === 'reset';
}
