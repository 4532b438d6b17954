import { parseFilter } from '../domain/filter-parts.js';
import type { PageLimits } from '../domain/field-query.js';
import { parseRecordFilter } from '../domain/record-filter.js';
import { parseV4Filter } from '../domain/v4-filter.js';
import type { PublishedDataQuery } from './published-data-queries.js';
import { publishedDataShape } from './published-data-record.js';

const loopbackWords = 'inq nin and or like ilike gte lte gt lt'.split(' ');
const known = new Set(['_id', 'id', ...Object.keys(publishedDataShape.kinds), ...loopbackWords]);
const defaultLimit = 100;

/**
 * Reads the `filter` of v4 publications. Unlike those of other v4 resources it takes the words of v3 (`inq`, `like`),
 * casts dates, and begins at 100 rows; as with them, a name that nobody knows is refused.
 *
 * @param page what `limits` beside the filter says; the filter's own limits win
 */
export function v4PublicationFilter(filter: unknown, page: PageLimits): PublishedDataQuery {
  const checked = parseV4Filter(filter, known, { defaultLimit });
  const read = parseRecordFilter(filter, publishedDataShape, defaultLimit);
  const limits = parseFilter(filter)['limits'] as { sort?: unknown } | null | undefined;
  if (limits === undefined || limits === null) return { ...read, ...pageOf(page) };
  return limits.sort === undefined ? read : { ...read, sort: checked.sort };
}

function pageOf({ limit, skip, sort }: PageLimits): PageLimits {
  return { limit, skip, sort };
}
