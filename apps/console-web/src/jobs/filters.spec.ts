import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { queryText } from '../calls/call.js';
import { parseSearch, stringifySearch } from '../search.js';
import { filtersIn, queryOf, searchFrom, searchOf, type JobFilters } from './filters.js';

describe('The filters of jobs', () => {
  it('are the same after a way through the address', () => {
    const filters: JobFilters = {
      status: ['inProgress', 'finishedUnsuccessful'],
      unfinished: true,
      type: 'archive',
      group: 'p18539',
      user: 'anna & bert',
      pid: '20.500.11935/1a+b',
      text: '"run 42" = 7?',
      from: '2026-11-01',
      to: '2026-11-29',
    };
    const address = stringifySearch(searchOf(filters));
    assert.deepEqual(filtersIn(searchFrom(parseSearch(address))), filters);
  });

  it('stand in the address as they are typed, numbers too', () => {
    assert.equal(stringifySearch(searchOf({ group: '18539' })), '?group=18539');
    assert.equal(stringifySearch(searchOf({})), '');
  });

  it('leave out what is none', () => {
    assert.deepEqual(
      searchFrom({
        unfinished: 'perhaps',
        from: '2026-02-31',
        to: 'soon',
        user: '  ',
        odd: 'x',
        type: {},
        text: 'x'.repeat(1001),
      }),
      {},
    );
    assert.deepEqual(searchFrom({ status: ['a', ' b ', '', 'a'], group: 7 }), { status: 'a,b', group: '7' });
  });

  it('become the question: a day is asked for from its beginning to its end', () => {
    const query = queryOf({ status: ['a', 'b'], unfinished: false, from: '2026-11-29', to: '2026-11-29' });
    const { from, to } = query as { from: string; to: string };
    assert.equal(new Date(to).getTime() - new Date(from).getTime(), 86_400_000);
    assert.equal(new Date(from).getHours(), 0);
    const text = queryText({ status: ['a', 'b'], user: '', limit: 50, after: undefined });
    assert.equal(text, '?status=a&status=b&limit=50');
  });
});
