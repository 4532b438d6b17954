import type { Permission } from '#console-api';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** A call that is passed on; whatever is in no table is not. */
export interface CallRule {
  readonly method: Method;
  /** Parts with a colon stand for any one part. */
  readonly pattern: string;
}

/** A call of apps, and what a person must be permitted for all records to make it. */
export interface OperationsRule extends CallRule {
  readonly needs: Permission['action'];
}

const rule = (method: Method, pattern: string): CallRule => ({ method, pattern });

/** Calls below `/api/v4/` of catalog-api, which decides as whom they are made. */
export const catalogueCalls: readonly CallRule[] = [
  rule('GET', 'jobs/rows'),
  rule('GET', 'jobs/counts'),
  rule('GET', 'jobs/:id'),
  rule('GET', 'jobs/:id/overview'),
  rule('GET', 'jobs/:id/history'),
  rule('POST', 'jobs/:id/cancel'),
  rule('POST', 'jobs/:id/retry'),
  rule('POST', 'jobs/:id/retrieval/extend'),
  rule('GET', 'datasets/:pid'),
  rule('GET', 'datasets/:pid/jobs'),
  // Of one's own, and of those that are shown: authors see here why their DOI is not there.
  rule('GET', 'publisheddata/:doi'),
  rule('GET', 'publisheddata/:doi/publication'),
];

const reads = (...patterns: readonly string[]): OperationsRule[] =>
  patterns.map((pattern) => ({ ...rule('GET', pattern), needs: 'operations.read' }));
const acts = (method: Method, pattern: string, needs: Permission['action']): OperationsRule => ({
  ...rule(method, pattern),
  needs,
});

/** Calls below `/api/v4/operations/` of the apps; docs/operations-openapi.json describes them. */
export const operationsCalls: readonly OperationsRule[] = [
  ...reads('app', 'queues', 'outbox', 'why', 'bulk-runs', 'bulk-runs/:id'),
  ...reads('parking-lot', 'parking-lot/groups', 'reconciliations', 'reconciliations/:id'),
  ...reads('jobs/:id', 'limits', 'work-orders', 'works', 'works/:id', 'workers', 'shares', 'copies'),
  ...reads('retrievals', 'retrieved', 'scrubbing', 'set-aside', 'adoptions', 'adoptions/:id'),
  ...reads('publications', 'publications/:doi', 'recalls', 'public-side', 'uploads'),
  acts('GET', 'audit', 'operations.audit'),
  // With its body, which may hold what only operators read.
  acts('GET', 'parking-lot/:id', 'operations.act'),
  acts('POST', 'parking-lot/:id/replay', 'parking-lot.replay'),
  acts('POST', 'parking-lot/:id/discard', 'parking-lot.discard'),
  acts('POST', 'parking-lot/:id/restore', 'parking-lot.restore'),
  acts('POST', 'parking-lot/:id/edit', 'parking-lot.edit'),
  acts('POST', 'parking-lot/:id/notes', 'parking-lot.note'),
  acts('POST', 'parking-lot/bulk', 'bulk.start'),
  acts('POST', 'bulk-runs/:id/stop', 'bulk.stop'),
  acts('PUT', 'limits', 'limits.set'),
  acts('POST', 'pauses', 'pause.set'),
  acts('DELETE', 'pauses/:id', 'pause.end'),
  acts('PUT', 'jobs/:id/priority', 'job.priority'),
  acts('PUT', 'jobs/:id/defer', 'job.defer'),
  acts('POST', 'works/:id/try-now', 'part.try-now'),
  acts('POST', 'shares/:name/mode', 'pause.set'),
  acts('POST', 'shares/:name/adopt', 'operations.act'),
  acts('POST', 'workers/:instance/mode', 'pause.set'),
  acts('POST', 'copies/:archiveId/verify', 'copy.verify'),
  acts('POST', 'copies/:archiveId/:share/repair', 'copy.repair'),
  acts('POST', 'retrieved/:id/extend', 'retrieved.extend'),
  acts('POST', 'retrieved/:id/link', 'job.link'),
  acts('DELETE', 'set-aside/:id', 'operations.act'),
  acts('POST', 'set-aside/:id/bring-back', 'operations.act'),
  acts('POST', 'reconciliations', 'operations.act'),
  acts('POST', 'adoptions', 'operations.act'),
  acts('POST', 'adoptions/:id/stop', 'operations.act'),
  acts('POST', 'publications/:doi/retry', 'publication.retry'),
  acts('POST', 'publications/compare', 'publication.compare'),
  acts('POST', 'certificate-keys/:kid/revoke', 'operations.act'),
];

/** The rule of a call; words win over parts that stand for any. */
export function ruleFor<Rule extends CallRule>(
  rules: readonly Rule[],
  method: string,
  segments: readonly string[],
): Rule | undefined {
  const fitting = rules.filter((one) => one.method === method && fits(one.pattern, segments));
  return fitting.find(({ pattern }) => !pattern.includes(':')) ?? fitting[0];
}

/** Calls of catalog-api that stand where an id may stand: no record is called so, and whoever asks for one gets another answer. */
const noIds = new Set([
  ...['count', 'findOne', 'fullquery', 'fullfacet', 'metadataKeys', 'datasetDetails', 'public'],
  ...['config', 'formpopulate', 'rows', 'counts'],
]);

function fits(pattern: string, segments: readonly string[]): boolean {
  const parts = pattern.split('/');
  return (
    parts.length === segments.length &&
    parts.every((part, index) => {
      const segment = segments[index] ?? '';
      return part.startsWith(':') ? !noIds.has(segment) : part === segment;
    })
  );
}
