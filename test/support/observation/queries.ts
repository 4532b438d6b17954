import { parse } from 'yaml';
import { filesBelow, textOf } from '../repository.js';

/** A query of Prometheus' language, and the file it stands in. */
export interface Query {
  readonly where: string;
  readonly query: string;
}

/** What the dashboards of docker/observability ask for. */
export function queriesOfDashboards(): Query[] {
  const files = filesBelow('docker/observability/dashboards', '.json');
  return files.flatMap((where) => {
    const { panels } = JSON.parse(textOf(where)) as { panels: { targets: { expr: string }[] }[] };
    return panels.flatMap(({ targets }) => targets.map(({ expr: query }) => ({ where, query })));
  });
}

/** What the alerts ask for. */
export function queriesOfAlerts(): Query[] {
  const where = 'docker/observability/alerts.yml';
  const { groups } = parse(textOf(where)) as { groups: { rules: { expr: string }[] }[] };
  return groups.flatMap(({ rules }) => rules.map(({ expr: query }) => ({ where, query })));
}
