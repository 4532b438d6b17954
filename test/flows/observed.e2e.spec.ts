import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { appNames as allApps, type AppName } from '../../tools/start/src/index.js';
import { datasetInLandingZone } from '../support/datasets.js';
import { expositionIn, metricsIn, type Exposition } from '../support/observation/exposition.js';
import { freePorts } from '../support/free-ports.js';
import { namesOfApp, type WatchedApp } from '../support/observation/metric-names.js';
import { PublicationScene } from '../support/publication-scene.js';
import { createPublication, eventually, publicationPath } from '../support/publications.js';
import { queriesOfAlerts, queriesOfDashboards } from '../support/observation/queries.js';
import { SpanReceiver, type ReceivedSpan } from '../support/observation/span-receiver.js';
import { verdict } from '../support/verdict.js';

const appNames = allApps.filter((app): app is WatchedApp => app !== 'console');

const token = 'the token of the numbers';
/** Milliseconds; the budget is 50, this machine may be busy. */
const patienceOfScrape = 1000;

describe('An installation that is observed', () => {
  const seen = verdict();
  const trace = randomBytes(16).toString('hex');
  const caller = '00f067aa0ba902b7';
  const headers = { traceparent: `00-${trace}-${caller}-01` };
  let receiver: SpanReceiver;
  let scene: PublicationScene;
  let ports: Readonly<Record<AppName, number>>;
  let jobId: string;

  before(async () => {
    receiver = await SpanReceiver.open();
    receiver.unref();
    const [inside = 0, outside = 0] = await freePorts(2);
    scene = await PublicationScene.open({
      environment: {
        METRICS_ENABLED: 'yes',
        METRICS_TOKEN: token,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      },
      environmentOf: {
        'catalog-api': { OPERATIONS_PORT: String(inside) },
        'publication-server': { OPERATIONS_PORT: String(outside) },
      },
    });
    const { settings } = scene.site.installation;
    ports = { ...settings.ports, 'catalog-api': inside, 'publication-server': outside };
    const { pid } = await datasetInLandingZone(scene.site.installation, scene.client);
    const { status, body } = await scene.client.postJob('archive', [pid], headers);
    assert.equal(status, 201, JSON.stringify(body));
    jobId = String(body['id']);
    assert.equal((await scene.client.jobEnd(jobId)).statusCode, 'finishedSuccessful');
    const doi = await createPublication(scene.client, [pid]);
    const path = `${publicationPath(doi)}/publish`;
    assert.equal((await scene.client.call('POST', path, undefined, headers)).status, 201);
    // A span is told when it ends: those within it come before it.
    await eventually('all four apps to have told of their spans', () =>
      Promise.resolve(
        (servicesOf(receiver.of(trace)).length === 4 &&
          orphansIn(receiver.of(trace)).length === 0 &&
          named(receiver.of(trace), 'process archival.originals-released.v1') !== undefined) ||
          undefined,
      ),
    );
  });
  after(async () => {
    receiver.close();
    await scene.site.stop(seen.failed);
  });

  const scrape = async (app: AppName, asked = token): Promise<Response> =>
    fetch(`http://127.0.0.1:${ports[app]}/metrics`, { headers: { authorization: `Bearer ${asked}` } });
  const numbersOf = async (app: AppName): Promise<Exposition> => {
    const response = await scrape(app);
    assert.equal(response.status, 200, app);
    return expositionIn(await response.text());
  };

  const orphansIn = (spans: ReturnType<SpanReceiver['of']>): string[] => {
    const ids = new Set([caller, ...spans.map(({ spanId }) => spanId)]);
    return spans.filter(({ parentSpanId }) => !ids.has(parentSpanId)).map(({ name }) => name);
  };

  it('shows one trace of a job: every span has the right parent, and four services are in it', () => {
    const spans = receiver.of(trace);
    assert.ok(spans.length >= 12, `${spans.length} spans`);
    assert.deepEqual(servicesOf(spans), ['archiver', 'catalog-api', 'job-assembler', 'publisher']);
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    assert.deepEqual(orphansIn(spans), [], 'spans with a parent that nobody sent');
    const above = (name: string, levels = 1): string => {
      let span = named(spans, name);
      assert.ok(span, `no span ${name}: ${spans.map((one) => one.name).join(', ')}`);
      for (let level = 0; level < levels; level += 1) span = byId.get(span?.parentSpanId ?? '');
      return span?.name ?? '';
    };
    assert.equal(named(spans, 'POST /jobs')?.parentSpanId, caller);
    assert.equal(above('publish catalog.job-submitted.v1'), 'POST /jobs');
    assert.equal(above('process catalog.job-submitted.v1'), 'publish catalog.job-submitted.v1');
    assert.equal(above('plan'), 'process catalog.job-submitted.v1');
    assert.equal(above('release'), 'plan');
    assert.equal(above('publish archival.archive-datablock.v1'), 'release');
    assert.equal(above('process archival.archive-datablock.v1'), 'publish archival.archive-datablock.v1');
    assert.equal(above('work archive'), 'process archival.archive-datablock.v1');
    assert.equal(above('publish archival.datablock-archived.v1'), 'work archive');
    assert.equal(above('process archival.datablock-archived.v1', 2), 'work archive');
    assert.equal(above('process assembly.job-finished.v1'), 'publish assembly.job-finished.v1');
  });

  it('names job and work order in the spans that are about them', () => {
    const work = named(receiver.of(trace), 'work archive');
    assert.equal(work?.attributes['catena.job.id'], jobId);
    assert.match(work?.attributes['catena.work_order.id'] ?? '', new RegExp(`^${jobId}/`));
    const message = named(receiver.of(trace), 'process catalog.job-submitted.v1');
    assert.equal(message?.attributes['messaging.system'], 'rabbitmq');
    assert.equal(message?.attributes['catena.job.id'], jobId);
  });

  it('writes the trace into the log lines of all four apps, and the job into those about it', async () => {
    for (const app of ['catalog-api', 'job-assembler', 'archiver', 'publisher'] as const) {
      const lines = await linesOf(scene.site.installation.apps[app].options.logFile);
      const ours = lines.filter(({ traceId }) => traceId === trace);
      assert.ok(ours.length > 0, `no line of ${app} has the trace`);
      if (app !== 'publisher')
        assert.ok(
          ours.some((line) => line['jobId'] === jobId),
          `no line of ${app} with the trace names the job`,
        );
    }
    const said = async (app: AppName): Promise<string[]> =>
      (await linesOf(scene.site.installation.apps[app].options.logFile))
        .filter((line) => line['jobId'] === jobId)
        .map(({ msg }) => String(msg));
    for (const text of ['job is accepted', 'job is over'])
      assert.ok((await said('catalog-api')).includes(text), text);
    for (const text of ['job is taken over', 'job is planned', 'job is over'])
      assert.ok((await said('job-assembler')).includes(text), text);
  });

  it('gives numbers to those who know the token, and no app on a port that readers reach', async () => {
    for (const app of appNames) assert.equal((await scrape(app, 'another')).status, 403, app);
    assert.equal((await fetch(`${scene.site.installation.publicUrl}/metrics`)).status, 404);
  });

  for (const app of appNames)
    it(`has the numbers of ${app} under the names that dashboards rely on, and few of them`, async () => {
      const first = await numbersOf(app);
      const start = performance.now();
      const { names, labelSets, lines, text } = await numbersOf(app);
      assert.ok(performance.now() - start < patienceOfScrape);
      assert.ok(lines <= 3000 && labelSets <= 200, `${labelSets} label sets, ${lines} lines`);
      const own = [...names].filter(
        (name) => !/^(process|nodejs)_/.test(name) && !/_(bucket|sum)$/.test(name),
      );
      assert.deepEqual(own.sort(), [...namesOfApp(app)].sort());
      // Ids and groups are no labels.
      for (const word of [jobId, 'demo-group']) assert.ok(!text.includes(word), `${app} tells ${word}`);
      assert.equal(first.names.size, names.size);
    });

  it('has every number that dashboards and alerts ask for', async () => {
    const known = new Set(['up']);
    for (const app of appNames) for (const name of (await numbersOf(app)).names) known.add(name);
    const queries = [...queriesOfDashboards(), ...queriesOfAlerts()];
    assert.ok(queries.length > 60);
    for (const { where, query } of queries)
      for (const name of metricsIn(query)) assert.ok(known.has(name), `${where} asks for ${name}: ${query}`);
  });

  it('counts what has happened', async () => {
    const { text } = await numbersOf('archiver');
    assert.match(
      text,
      /^catena_archive_io_bytes_total\{direction="write",medium="disk",share="[^"]+"\} [1-9]/m,
    );
    assert.match(text, /^catena_dependency_up\{dependency="database"\} 1$/m);
    assert.match(text, /^catena_queue_consumers\{queue="[^"]+[.]archiver[.]inbox"\} 1$/m);
    assert.match(text, /^catena_share_up\{share="[^"]+"\} 1$/m);
    const assembler = (await numbersOf('job-assembler')).text;
    assert.match(assembler, /^catena_work_orders_released_total\{target="[^"]+"\} [1-9]/m);
    assert.match(assembler, /^catena_limit\{scope="global"\} \d+$/m);
    const catalog = (await numbersOf('catalog-api')).text;
    assert.match(catalog, /^catena_job_duration_seconds_count\{type="archive",outcome="succeeded"\} 1$/m);
    assert.match(catalog, /^catena_sign_ins_total\{strategy="local",outcome="ok"\} [1-9]/m);
  });
});

function servicesOf(spans: readonly ReceivedSpan[]): string[] {
  return [...new Set(spans.map(({ service }) => service))].sort();
}

function named(spans: readonly ReceivedSpan[], wanted: string): ReceivedSpan | undefined {
  return spans.find(({ name }) => name === wanted);
}

async function linesOf(file: string): Promise<Record<string, unknown>[]> {
  return (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
