import assert from 'node:assert/strict';
import { basename, dirname, join } from 'node:path/posix';
import { describe, it } from 'node:test';
import { appsAmong, registry } from '#contracts';
import { contractNameOf, messagePlacesIn } from '../../tools/catalogue/src/index.js';
import { isThere, repository, textOf } from '../support/repository.js';

const page = 'docs/trip-of-a-job.md';

interface Hop {
  readonly what: string;
  readonly files: readonly string[];
  readonly isMessage: boolean;
}

const hops: readonly Hop[] = [...textOf(page).matchAll(/^\| (\d+) +\| ([^|]+?) +\| ([^|]+?) +\|$/gm)].map(
  ([, , what = '', files = '']) => ({
    what,
    files: [...files.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => join(dirname(page), link)),
    isMessage: files.includes('⇒'),
  }),
);
const placesOf = messagePlacesIn(repository);

describe('The trip of a job id', () => {
  it('has its hops', () => assert.ok(hops.length > 15, `found ${hops.length}`));

  for (const { what, files, isMessage } of hops) {
    it(`goes through files that are there: ${what}`, () =>
      assert.deepEqual(
        files.filter((path) => !isThere(path)),
        [],
      ));

    if (isMessage)
      it(`is carried by ${what} where the page says`, () => {
        const contract = registry.find(({ type }) => `\`${type}\`` === what);
        assert.ok(contract !== undefined, `no contract of ${what}`);
        const { type, emitter, consumers } = contract;
        const [said = '', heard = ''] = files;
        const name = contractNameOf(type);
        assert.ok(
          appsAmong([emitter]).some((app) => placesOf(name, app).emits.includes(said)),
          `${type} is not said in ${said}`,
        );
        const isHeard = appsAmong(consumers).some((app) => placesOf(name, app).handles.includes(heard));
        assert.ok(isHeard, `${type} is not heard in ${heard}`);
      });
    else
      it(`goes from file to file as they import one another: ${what}`, () => {
        for (const [place, file] of files.slice(0, -1).entries()) {
          const next = basename(files[place + 1]!, '.ts');
          assert.match(textOf(file), new RegExp(`from '[./a-z-]*/${next}\\.js'`), `${file} → ${next}`);
        }
      });
  }
});
