import { Document, isMap, isScalar, stringify } from 'yaml'
import { providerPreset } from '../../providers/openai-compatible/presets.ts'
import { mappingOf, plainText } from './import-desk.ts'
import type { LiteLlmImport } from './import-litellm.ts'

/** A line said of the file: where, and what. */
export interface MigrationRemark {
  readonly place: string
  readonly message: string
}

/**
 * What an import came to as a `pointsman.yaml`: comments on what was not carried over, and the variables that hold the
 * secrets. No secret is in it.
 */
export function writeMigrated(imported: LiteLlmImport, from: string, remarks: readonly MigrationRemark[]): string {
  const variables = variablesOf(imported.value)
  const moved = Object.keys(imported.literals).filter((name) => variables.includes(name))
  const head = [
    `Made from ${oneLine(from)}, a LiteLLM configuration, by pointsman migrate.`,
    ...(variables.length === 0
      ? []
      : ['', 'Set these environment variables:', ...variables.map((name) => `  ${name}`)]),
    ...(moved.length === 0 ? [] : ['', `Secrets that stood in the file itself: ${moved.join(', ')}.`]),
    ...(remarks.length === 0 ? [] : ['', 'Serves differently here, or not at all:']),
    ...remarks.map(({ place, message }) => `  ${oneLine(place)}: ${oneLine(message)}`),
  ]
  const document = new Document(imported.value, { aliasDuplicateObjects: false })
  document.commentBefore = head.map((line) => (line === '' ? '' : ` ${line}`)).join('\n')
  if (isMap(document.contents)) {
    for (const { key } of document.contents.items.slice(1)) if (isScalar(key)) key.spaceBefore = true
  }
  return stringify(document, { lineWidth: 120 })
}

/** Names of the environment variables that settings refer to, each once, in order. */
function variablesOf(value: unknown): readonly string[] {
  const found = new Set<string>()
  const walk = (item: unknown): void => {
    if (typeof item === 'string') {
      const name = /^(?:env:|os\.environ\/)([A-Za-z_][A-Za-z0-9_]*)$/.exec(item)?.[1]
      if (name !== undefined) found.add(name)
    } else if (typeof item === 'object' && item !== null) for (const inner of Object.values(item)) walk(inner)
  }
  walk(value)
  for (const { preset, base_url: address, api_key: key } of providersOf(value)) {
    const variable =
      key === undefined && address === undefined ? providerPreset(plainText(preset))?.keyVariable : undefined
    if (variable !== undefined) found.add(variable)
  }
  return [...found]
}

/** Where they say nothing, a preset's own variable is read. */
function providersOf(value: unknown): readonly { readonly [key: string]: unknown }[] {
  return Object.values(mappingOf(mappingOf(value)?.providers) ?? {}).map((entry) => mappingOf(entry) ?? {})
}

/** A comment ends with its line; a name from the file must not go on behind it. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}
