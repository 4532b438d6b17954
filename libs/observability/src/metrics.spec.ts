import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Metrics } from './metrics.js';

const linesOf = async (metrics: Metrics, name: string): Promise<string[]> =>
  (await metrics.text()).body.split('\n').filter((line) => line.startsWith(name));

function switchedOn(): Metrics {
  const metrics = new Metrics();
  metrics.enable('archiver', '1.2.3');
  return metrics;
}

describe('The numbers of a process', () => {
  it('are not counted until they are switched on', async () => {
    const metrics = new Metrics();
    const add = metrics.counter({ name: 'catena_things_total', help: 'Things.' });
    add();
    assert.deepEqual(await linesOf(metrics, 'catena_things_total'), ['catena_things_total 0']);
    metrics.enable('archiver', '1.2.3');
    add();
    assert.deepEqual(await linesOf(metrics, 'catena_things_total'), ['catena_things_total 1']);
    assert.deepEqual(await linesOf(metrics, 'catena_build_info'), [
      'catena_build_info{app="archiver",version="1.2.3",commit="unknown"} 1',
    ]);
  });

  it('have few label sets, whatever comes: the rest is counted as other', async () => {
    const metrics = switchedOn();
    const add = metrics.counter({ name: 'catena_faults_total', help: 'Faults.', labels: ['code'] });
    for (let code = 0; code < 500; code += 1) add({ code: `code-${code}` });
    add({ code: 'code-1' });
    const lines = await linesOf(metrics, 'catena_faults_total{');
    assert.equal(lines.length, 201);
    assert.ok(lines.includes('catena_faults_total{code="code-1"} 2'));
    assert.ok(lines.includes('catena_faults_total{code="other"} 300'));
  });

  it('keep the labels of closed lists where one is open, however many values that has', async () => {
    const metrics = switchedOn();
    const labels = ['route', 'status'];
    const add = metrics.counter({ name: 'catena_answers_total', help: 'Answers.', labels, open: 'route' });
    for (let route = 0; route < 300; route += 1) add({ route: `/${route}`, status: '200' });
    add({ route: '/new', status: '503' });
    const lines = await linesOf(metrics, 'catena_answers_total{');
    assert.ok(lines.includes('catena_answers_total{route="other",status="503"} 1'));
    assert.ok(lines.includes('catena_answers_total{route="other",status="200"} 100'));
  });

  it('ask no more often than every few seconds, however often they are fetched', async () => {
    const metrics = switchedOn();
    let asked = 0;
    metrics.measure({
      name: 'works',
      gauges: { catena_works: { help: 'Work.' } },
      read: () => [{ metric: 'catena_works', value: (asked += 1) }],
    });
    for (let time = 0; time < 5; time += 1) await metrics.text();
    assert.deepEqual([asked, await linesOf(metrics, 'catena_works')], [1, ['catena_works 1']]);
  });

  it('leave out what cannot be read, and are there all the same', async () => {
    const metrics = switchedOn();
    metrics.measure({
      name: 'away',
      gauges: { catena_works: { help: 'Work.' } },
      read: () => Promise.reject(new Error('no answer')),
    });
    metrics.measure({
      name: 'there',
      gauges: { catena_dependency_up: { help: 'Up.', labels: ['dependency'] } },
      read: () => [{ metric: 'catena_dependency_up', labels: { dependency: 'database' }, value: 0 }],
    });
    assert.deepEqual(await linesOf(metrics, 'catena_works'), []);
    assert.deepEqual(await linesOf(metrics, 'catena_dependency_up'), [
      'catena_dependency_up{dependency="database"} 0',
    ]);
  });

  it('cut a gauge that has too many samples, and say so; the others beside it stay whole', async () => {
    const metrics = switchedOn();
    const many = Array.from({ length: 203 }, (_, n) => ({
      ...{ metric: 'catena_works', labels: { kind: String(n) }, value: 1 },
    }));
    metrics.measure({
      name: 'many',
      gauges: { catena_works: { help: 'Work.', labels: ['kind'] }, catena_due: { help: 'Due.' } },
      read: () => [...many, { metric: 'catena_due', value: 7 }],
    });
    assert.equal((await linesOf(metrics, 'catena_works')).length, 200);
    assert.deepEqual(await linesOf(metrics, 'catena_due'), ['catena_due 7']);
    const [cut] = await linesOf(metrics, 'catena_samples_cut_total');
    assert.match(cut ?? '', /^catena_samples_cut_total\{metric="catena_works"\} \d/);
  });

  it('do not wait for what hangs, and do not ask it a second time', async () => {
    const metrics = switchedOn();
    let asked = 0;
    metrics.measure({
      name: 'hangs',
      gauges: { catena_works: { help: 'Work.' } },
      read: () => {
        asked += 1;
        return new Promise(() => undefined);
      },
    });
    await metrics.text();
    await metrics.text();
    assert.deepEqual([asked, await linesOf(metrics, 'catena_works')], [1, []]);
  });
});
