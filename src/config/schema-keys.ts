import type { z } from 'zod'

/** The shape of a schema as far as keys go. */
interface KeyedSchema {
  readonly shape?: { readonly [key: string]: KeyedSchema }
  readonly element?: KeyedSchema
  readonly valueType?: KeyedSchema
  unwrap?(): KeyedSchema
}

/** The keys a strict object schema knows at `path`; empty where there is no object of fixed keys. */
export function knownKeysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let here = bare(schema as unknown as KeyedSchema)
  for (const step of path) {
    const next = here.shape?.[String(step)] ?? here.element ?? here.valueType
    if (next === undefined) return []
    here = bare(next)
  }
  return here.shape === undefined ? [] : Object.keys(here.shape)
}

/** Without the wrappers that defaults and optional keys put around a schema; arrays keep theirs. */
function bare(schema: KeyedSchema): KeyedSchema {
  let inner = schema
  while (inner.unwrap !== undefined && inner.element === undefined) inner = inner.unwrap()
  return inner
}
