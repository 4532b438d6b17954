import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { inside, runInside, serviceFile } from '../../tools/local-stack/src/services/home.js';
import { debianHome, type DebianHome } from '../support/debian-home.js';
import { queriesOfDashboards } from '../support/observation/queries.js';
import { filesBelow, textOf } from '../support/repository.js';

interface Rule {
  readonly alert: string;
  readonly for: string;
  readonly annotations: { readonly summary: string; readonly description: string };
}

const rules = (
  parse(textOf('docker/observability/alerts.yml')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
const promtool = '/usr/bin/promtool';

describe('The alerts of docker/observability', () => {
  let home: DebianHome;
  before(async () => {
    home = await debianHome('alerts');
    for (const file of ['alerts.yml', 'alerts.test.yml'])
      serviceFile(home, file, textOf(`docker/observability/${file}`));
  });
  after(() => home.remove());

  it('are rules that Prometheus understands', async () => {
    await runInside(home, [promtool, 'check', 'rules', inside('alerts.yml')]);
  });

  it('fire where they should, and do not where they should not', async () => {
    await runInside(home, [promtool, 'test', 'rules', inside('alerts.test.yml')]);
  });

  it('are each tested both ways, wait a while, and say what to do', () => {
    const { tests } = parse(textOf('docker/observability/alerts.test.yml')) as { tests: { name: string }[] };
    assert.equal(rules.length, 15);
    for (const { alert, for: wait, annotations } of rules) {
      assert.match(wait, /^\d+[mh]$/, alert);
      assert.ok(annotations.summary.length > 10 && annotations.description.length > 40, alert);
      for (const what of [`${alert} fires`, `${alert} does not fire`])
        assert.ok(
          tests.some(({ name }) => name.startsWith(what)),
          what,
        );
    }
  });

  it('stand beside six dashboards whose queries Prometheus understands', async () => {
    assert.equal(filesBelow('docker/observability/dashboards', '.json').length, 6);
    const queries = queriesOfDashboards().map(({ query }, index) => ({
      record: `query_${index}`,
      expr: query,
    }));
    // JSON is YAML.
    const text = JSON.stringify({ groups: [{ name: 'dashboards', rules: queries }] });
    serviceFile(home, 'dashboards.yml', text);
    await runInside(home, [promtool, 'check', 'rules', inside('dashboards.yml')]);
  });
});
