import type { ConfigPath } from '../config-source.ts'
import { type ImportDesk, mappingOf, plainText } from './import-desk.ts'

type Mapping = { readonly [key: string]: unknown }

/**
 * `credential_list`: what `litellm_credential_name` of a model stands for, written into its `litellm_params`, whose own
 * settings win. A name that leads nowhere is a problem: with another key the model would be called at somebody else's expense.
 */
export function withCredentials(file: Mapping, desk: ImportDesk): readonly unknown[] {
  const credentials = new Map<unknown, Mapping>()
  for (const item of listOf(file.credential_list)) {
    const { credential_name: name, credential_values: values } = mappingOf(item) ?? {}
    credentials.set(name, mappingOf(values) ?? {})
  }
  return listOf(file.model_list).map((entry, index) => {
    const params = mappingOf(mappingOf(entry)?.litellm_params)
    if (params?.litellm_credential_name === undefined) return entry
    const { litellm_credential_name: name, ...own } = params
    const path: ConfigPath = ['model_list', index, 'litellm_params', 'litellm_credential_name']
    const found = credentials.get(name)
    if (found === undefined) desk.problem(path, `there is no '${plainText(name)}' in credential_list`)
    return { ...mappingOf(entry), litellm_params: { ...found, ...own } }
  })
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
