import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Asker } from '../persistence/retrieved-copies.js';
import type { OpenStore } from './real-archiver-store.js';
import { by, full, hour, mebibyte, outcome, quotaFull, RetrievalScene } from './retrieval-area.js';

/** What holds for jobs of several copies in the retrieval bucket, in memory and in a database. */
export function wholeJobsConformance(name: string, open: () => Promise<OpenStore>): void {
  describe(`Room for jobs of several copies in ${name}`, () => {
    const scene = new RetrievalScene(open);
    const { limit, retrieve, inBucket } = scene;

    /** An order of a job that wants so many bytes in all. */
    const of = (job: string, index: number, together: number, group = 'g'): Asker => {
      return { order: `${job}/0/${index}`, job, group, together };
    };
    const quarter = mebibyte / 4;

    it('is kept for all that a job wants from its first copy on: two jobs never have half each', async () => {
      const all = 3 * quarter;
      await retrieve('a0', quarter, of('a', 0, all));
      assert.equal(await outcome(retrieve('b0', quarter, of('b', 0, all))), full);
      assert.equal(await outcome(retrieve('c', quarter, by('c', 'h'))), full, 'it came after the second job');
      for (const index of [1, 2]) await retrieve(`a${index}`, quarter, of('a', index, all));
      assert.deepEqual(await inBucket(), ['a0', 'a1', 'a2']);
      for (const index of [0, 1, 2]) await scene.parts.copies.unpin(`a${index}`, 'a', scene.clock.now());
      for (const index of [0, 1, 2]) await retrieve(`b${index}`, quarter, of('b', index, all));
      assert.equal(await outcome(retrieve('c', quarter, by('c', 'h'))), undefined);
    });

    it('is kept in the quota as well, and a job that waits for its quota keeps no other group waiting', async () => {
      limit({ retrievalSpace: mebibyte, retrievalQuota: 3 * quarter });
      await retrieve('a0', quarter, of('a', 0, 2 * quarter));
      assert.equal(await outcome(retrieve('b0', quarter, of('b', 0, 2 * quarter))), quotaFull);
      assert.equal(await outcome(retrieve('c0', quarter, of('c', 0, 2 * quarter, 'h'))), undefined);
      await retrieve('a1', quarter, of('a', 1, 2 * quarter));
    });

    it('is not begun with by a job whose first copy is there already while the rest has no room', async () => {
      await retrieve('a', quarter);
      await retrieve('x', quarter, by('x', 'h'));
      assert.equal(await outcome(retrieve('a', quarter, of('b', 0, mebibyte))), full);
      assert.deepEqual(
        (await scene.opened.store.retrieved.findOne({ _id: 'a' }))?.pins?.map(({ job }) => job),
        ['a'],
      );
    });

    it('refuses at once a job that wants more than there will ever be, and says to make smaller ones', async () => {
      await assert.rejects(retrieve('a', quarter, of('a', 0, mebibyte + 1)), {
        code: 'archiver.retrieval-too-large',
        message: /all of job a: .*retrieve in smaller jobs/,
      });
      assert.deepEqual([await inBucket(), await scene.parts.waits.count(scene.clock.now())], [[], 0]);
    });

    it('is not kept for ever for what a job never asks for: it may have failed', async () => {
      limit({ retrievalSpace: mebibyte, retrievedLifetime: 1000 * hour });
      await retrieve('a0', quarter, of('a', 0, mebibyte));
      assert.equal(await outcome(retrieve('b', quarter)), full);
      scene.clock.advance(24 * hour);
      assert.equal(await outcome(retrieve('b', quarter)), undefined);
    });

    for (let seed = 1; seed <= 8; seed += 1)
      it(`lets every job of several copies come to its end, and is never overfilled (seed ${seed})`, async () => {
        let state = seed * 7919;
        const random = (below: number): number => {
          state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
          return Math.floor((state / 2 ** 31) * below);
        };
        limit({ retrievalSpace: 100, ...(seed % 2 === 0 ? { retrievalQuota: 80 } : {}) });
        const jobs = Array.from({ length: 5 }, (_, number) => {
          const sizes = Array.from({ length: 1 + random(4) }, () => 1 + random(20));
          const together = sizes.reduce((sum, size) => sum + size, 0);
          return { id: `j${number}`, group: `g${random(2)}`, sizes, together, left: new Set(sizes.keys()) };
        });
        for (let round = 0; jobs.some(({ left }) => left.size > 0); round += 1) {
          assert(round < 100, 'they wait for each other');
          const asked = jobs.flatMap((job) => [...job.left].map((index) => ({ job, index })));
          asked.sort(() => random(3) - 1);
          await Promise.all(
            asked.map(async ({ job, index }) => {
              const asker = of(job.id, index, job.together, job.group);
              const failed = await outcome(
                retrieve(`${job.id}.${index}`, job.sizes[index]!, asker, round + 1),
              );
              if (failed === undefined) job.left.delete(index);
              else assert([full, quotaFull, 'archiver.deferred'].includes(failed), failed);
            }),
          );
          const { used, reserved } = await scene.parts.figures.totals();
          assert(used + reserved <= 100, `${used + reserved} bytes`);
          // A job is released when all of it is there, and not before.
          for (const { id, left, sizes } of jobs)
            if (left.size === 0)
              for (const index of sizes.keys())
                await scene.parts.copies.unpin(`${id}.${index}`, id, scene.clock.now());
          scene.clock.advance(1000);
        }
      });
  });
}
