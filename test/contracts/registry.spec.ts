import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as contracts from '#contracts';
import { contractNameOf, messagePlacesIn } from '../../tools/catalogue/src/index.js';
import { filesBelow, isThere, repository } from '../support/repository.js';

const { registry } = contracts;
const root = 'libs/contracts/src';

const apps = contracts.appNames.filter((app) => isThere(`apps/${app}/src/main.ts`));
const placesOf = messagePlacesIn(repository);
const owners: Readonly<Record<string, readonly contracts.PartyName[]>> = {
  catalog: ['catalog-api'],
  assembly: ['job-assembler'],
  // What is done at storages, whoever operates them.
  archival: ['archiver', 'worker'],
  publication: ['publisher'],
};

describe('The registry', () => {
  it('lists every contract file once', () => {
    const files = filesBelow(root, '.ts').filter((path) => /[.](command|event)[.]v\d+[.]ts$/.test(path));
    const expected = registry.map(({ type, kind }) => {
      const [context = '', name = '', version = ''] = type.split('.');
      return `${root}/${context}/${name}.${kind}.${version}.ts`;
    });
    assert.deepEqual(files, [...expected].sort());
  });

  for (const contract of registry) {
    const { type, kind, emitter, consumers, answers } = contract;
    const value = contractNameOf(type);

    describe(type, () => {
      it('has the names that follow from its type', () => {
        assert.equal((contracts as Record<string, unknown>)[value], contract, `expected #contracts.${value}`);
        assert.equal(contract.payload.name, value.charAt(0).toUpperCase() + value.slice(1));
      });

      it('belongs to the context of the app that gives it its meaning', () => {
        const owner = kind === 'event' ? emitter : consumers[0];
        assert.ok(owner !== undefined && owners[type.slice(0, type.indexOf('.'))]?.includes(owner));
      });

      it('has as many consumers as its kind allows', () => {
        if (kind === 'command') assert.equal(consumers.length, 1);
        else assert.ok(consumers.length > 0, 'an event nobody hears needs no contract');
      });

      it('says what it means', () =>
        assert.doesNotMatch(contract.summary, /not written yet/, `write the summary of ${type}`));

      it('is emitted where it says', () => {
        const found = apps.filter((app) => placesOf(value, app).emits.length > 0);
        assert.deepEqual(
          found,
          contracts.appsAmong([emitter]),
          `expected ${emitter}, and no other app, to send ${type}: write eventRow(${value}, …) with the change that it tells of, or correct "emitter" in its contract`,
        );
      });

      it('is handled where it says, once', () => {
        const found = apps.flatMap((app) => placesOf(value, app).handles.map(() => app));
        assert.deepEqual(
          found,
          contracts.appsAmong(consumers),
          `expected one method with @Handles(${value}) in each of ${consumers.join(', ')}, and in no other app; or correct "consumers" in its contract`,
        );
      });

      it('ends, as a command, with events of its consumer that its sender hears', () => {
        if (kind === 'event') assert.deepEqual(answers, []);
        for (const answer of answers) {
          assert.equal(answer.kind, 'event');
          assert.equal(answer.emitter, consumers[0], `${answer.type} ends ${type}`);
          assert.ok(answer.consumers.includes(emitter), `expected ${emitter} to hear ${answer.type}`);
        }
      });
    });
  }
});
