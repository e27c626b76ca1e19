import type { JsonObject } from '../chat-provider.ts'

/** Vendors whose tools and files callers write as their API does, so that nobody else's can read them. */
export type HostVendor = 'openai' | 'anthropic' | 'google'

export const hostVendors: readonly HostVendor[] = ['openai', 'anthropic', 'google']

/** Tools that a vendor runs, files that a vendor keeps, and items that no API takes but in a request of its own. */
export type VendorForm = `tools:hosted:${HostVendor}` | `content:file_by_id:${HostVendor}` | 'content:hosted_item'

/**
 * Google's tools, by the field that stands for each: callers may write them in either case, as a field or as a type. All but
 * `file_search`, which as a type is OpenAI's.
 */
const googleTools: ReadonlySet<string> = new Set(
  [
    'googleSearch',
    'googleSearchRetrieval',
    'googleMaps',
    'codeExecution',
    'urlContext',
    'fileSearch',
    'computerUse',
    'mcpServers',
  ].flatMap((name) => [name, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]),
)

/** Anthropic's have a date in their type, as in `web_search_20250305`, save for these. */
const anthropicTool = /_20\d{6}$|^mcp_toolset$|^tool_search_tool_/

/** Whose tool this is, of one that the caller does not run; those that only OpenAI could know are OpenAI's. */
export function hostOf(tool: JsonObject): HostVendor {
  const { type } = tool
  if (typeof type !== 'string') return 'google'
  if (anthropicTool.test(type)) return 'anthropic'
  return type !== 'file_search' && googleTools.has(type) ? 'google' : 'openai'
}

/** Whether a tool names itself by a field of Google's, and needs no type. */
export function isGoogleTool(tool: JsonObject): boolean {
  for (const field in tool) if (googleTools.has(field)) return true
  return false
}

/** Who keeps a file, by the form of its id; undefined for ids that look like nobody's. */
export function keeperOf(fileId: unknown): HostVendor | undefined {
  if (typeof fileId !== 'string') return undefined
  if (fileId.startsWith('file-')) return 'openai'
  if (fileId.startsWith('file_')) return 'anthropic'
  return fileId.startsWith('files/') || fileId.startsWith('https://generativelanguage.googleapis.com/')
    ? 'google'
    : undefined
}
