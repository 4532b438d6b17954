import type { Statement } from './messages.js';

const statement = (name: string, text: string): Statement => ({ name, text });

/** All SQL the gateway ever sends with parameters: one call of the engine each. */
export const STATEMENTS = {
  insert: statement('i', 'SELECT p_result, p_success FROM documentdb_api.insert($1, $2, $3)'),
  update: statement('u', 'SELECT p_result, p_success FROM documentdb_api.update($1, $2, $3)'),
  delete: statement('d', 'SELECT p_result, p_success FROM documentdb_api.delete($1, $2, $3)'),
  findAndModify: statement('m', 'SELECT p_result FROM documentdb_api.find_and_modify($1, $2)'),
  find: statement(
    'f',
    'SELECT cursorpage, continuation, cursorid FROM documentdb_api.find_cursor_first_page($1, $2)',
  ),
  aggregate: statement(
    'a',
    'SELECT cursorpage, continuation, cursorid FROM documentdb_api.aggregate_cursor_first_page($1, $2)',
  ),
  listCollections: statement(
    'lc',
    'SELECT cursorpage, continuation, cursorid FROM documentdb_api.list_collections_cursor_first_page($1, $2)',
  ),
  listIndexes: statement(
    'li',
    'SELECT cursorpage, continuation, cursorid FROM documentdb_api.list_indexes_cursor_first_page($1, $2)',
  ),
  getMore: statement('g', 'SELECT cursorpage, continuation FROM documentdb_api.cursor_get_more($1, $2, $3)'),
  deleteCursors: statement('k', 'SELECT documentdb_api_internal.delete_cursors(ARRAY[$1::bigint])'),
  count: statement('c', 'SELECT documentdb_api.count_query($1, $2)'),
  distinct: statement('di', 'SELECT documentdb_api.distinct_query($1, $2)'),
  create: statement('cc', 'SELECT documentdb_api.create_collection_view($1, $2)'),
  drop: statement('dc', 'SELECT documentdb_api.drop_collection($1, $2)'),
  dropDatabase: statement('dd', 'SELECT documentdb_api.drop_database($1)'),
  rename: statement('rc', 'SELECT documentdb_api.rename_collection($1::documentdb_core.bson)'),
  createIndexes: statement(
    'ci',
    'SELECT documentdb_api_internal.create_indexes_non_concurrently($1, $2, true)',
  ),
  dropIndexes: statement('xi', 'SELECT documentdb_api_internal.drop_indexes_non_concurrently($1, $2)'),
  collMod: statement('cm', 'SELECT documentdb_api.coll_mod($1, $2, $3)'),
  collStats: statement('cs', 'SELECT documentdb_api.coll_stats($1, $2, $3::text::double precision)'),
  dbStats: statement('ds', 'SELECT documentdb_api.db_stats($1, $2::text::double precision)'),
  listDatabases: statement('ld', 'SELECT documentdb_api.list_databases($1)'),
  validate: statement('v', 'SELECT documentdb_api.validate($1, $2)'),
  currentOp: statement('co', 'SELECT documentdb_api.current_op_command($1)'),
  indexOfConstraint: statement(
    'ic',
    `SELECT (index_spec).index_name, (index_spec).index_key
       FROM documentdb_api_catalog.collection_indexes WHERE index_id = $1::text::integer`,
  ),
  indexByName: statement(
    'in',
    `SELECT (i.index_spec).index_name, (i.index_spec).index_key
       FROM documentdb_api_catalog.collection_indexes i
       JOIN documentdb_api_catalog.collections c ON c.collection_id = i.collection_id
      WHERE c.database_name = $1 AND c.collection_name = $2 AND (i.index_spec).index_name = $3`,
  ),
} as const;
