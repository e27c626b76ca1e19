import type { Migration } from './migration.ts'

/**
 * What was billed, beside what is booked. Of answers from before, what was booked for a whole one whose every call succeeded
 * is its bill; where a call failed an estimate may be in it.
 */
const statements = `
ALTER TABLE settlements ADD COLUMN billed_nano_usd INTEGER;
UPDATE settlements SET billed_nano_usd = cost_nano_usd
WHERE status = 'completed'
  AND NOT EXISTS (SELECT 1 FROM json_each(attempts) WHERE json_extract(value, '$[1]') IS NOT NULL);
`

export const bills: Migration = { version: 5, up: (database) => database.exec(statements) }
