import { z } from 'zod'
import { configFileSchema } from './schema.ts'

/**
 * JSON schema of `pointsman.yaml`, for completion and checks in editors. Draft 7, because that is what YAML language
 * servers know best.
 */
export function configJsonSchema(): { readonly [keyword: string]: unknown } {
  const { $schema, ...rest } = z.toJSONSchema(configFileSchema, { io: 'input', target: 'draft-7' })
  return { $schema, title: 'pointsman.yaml', description: 'Configuration of Pointsman.', ...rest }
}
