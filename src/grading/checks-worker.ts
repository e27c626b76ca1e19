import { parentPort } from 'node:worker_threads'
import { Ajv, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { JsonObject } from '../providers/chat-provider.ts'
import type { BoundedCheck, CheckOutcome } from './bounded-checks.ts'

/** Compiled schemas kept; a probe set has a few. */
const maxCompiled = 200

const port = parentPort!
const compiled = new Map<string, ValidateFunction>()

port.on('message', (check: BoundedCheck) => port.postMessage(outcomeOf(check)))
// What was loaded until here took its time, too.
port.postMessage('ready')

function outcomeOf(check: BoundedCheck): CheckOutcome {
  try {
    if (check.kind === 'regex')
      return { status: 'done', holds: new RegExp(check.pattern, check.flags).test(check.text) }
    const validate = validatorOf(check.schema)
    const holds = validate(check.value)
    const [fault] = validate.errors ?? []
    return { status: 'done', holds, reason: fault && `${fault.instancePath || 'it'} ${fault.message ?? fault.keyword}` }
  } catch (error) {
    return { status: 'invalid', message: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * Ajv makes a function of the schema's text. The schema is the owner's, as the tests of the code grader are; answers are only its
 * argument. Formats are annotations, as draft 2020-12 has them by default.
 */
function validatorOf(schema: JsonObject): ValidateFunction {
  const key = JSON.stringify(schema)
  const known = compiled.get(key)
  if (known !== undefined) return known
  const isDraft7 = typeof schema.$schema === 'string' && /draft-0[67]/.test(schema.$schema)
  const options = { strict: false, validateFormats: false, logger: false } as const
  const validate = (isDraft7 ? new Ajv(options) : new Ajv2020(options)).compile(schema)
  if (compiled.size >= maxCompiled) compiled.clear()
  compiled.set(key, validate)
  return validate
}
