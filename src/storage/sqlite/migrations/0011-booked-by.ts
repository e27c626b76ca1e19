import type { Migration } from './migration.ts'

/** Who booked a charge: null is the gateway, so that what commands spend beside it is read from an index as small as that. */
const statements = `
ALTER TABLE charges ADD COLUMN booked_by TEXT;
CREATE INDEX charges_beside ON charges (created_at_ms, booked_by, reserved_nano_usd, cost_nano_usd)
  WHERE booked_by IS NOT NULL;
`

export const bookedBy: Migration = { version: 11, up: (database) => database.exec(statements) }
