import { grants } from './grants.js';
import { logins } from './logins.js';
import { rights } from './rights.js';
import { rules } from './rules.js';
import { sweep } from './sweep.js';
import { tables } from './tables.js';
import { sqlVersion } from './version.js';

/**
 * What a DBA runs in the target, all or nothing, for the modes `function` and `ephemeral`. Text in modules, so that
 * it is wherever the program is.
 */
export const shippedSql = `-- Hallpass in PostgreSQL 15 and later, version ${sqlVersion}: its account may call these functions, and nothing besides.
-- Run it as a superuser, in the database that Hallpass connects to. Running it again, or a newer one over it, is safe.
BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;
-- The functions name each other, in whatever order they stand here.
SET LOCAL check_function_bodies = off;
${tables}${rules}${grants}${logins}${sweep}${rights}
COMMIT;
`;
