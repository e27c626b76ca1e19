import { type ParameterColumn, type ParameterHandling, parameterNames } from './parameter.ts'

/**
 * Servers of chat completions that nothing else is known of: they get what the caller wrote, and what they refuse comes back as
 * their own error, before which other LLMs are tried.
 */
export const passingColumn: ParameterColumn = Object.fromEntries(
  parameterNames.map((name) => [name, 'passed' satisfies ParameterHandling]),
) as { [name in (typeof parameterNames)[number]]: 'passed' }
