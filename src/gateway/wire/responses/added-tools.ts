import { isJsonObject } from '../../../providers/chat-provider.ts'
import { wrong } from './input-content.ts'
import { itemType, type PlacedItem } from './input-messages.ts'
import { checkTool } from './responses-request.ts'

/** The tools that `additional_tools` items bring along. @throws {GatewayError} `invalid_request` */
export function addedTools(items: readonly PlacedItem[]): readonly unknown[] {
  return items.flatMap(({ item, path }) => {
    if (!isJsonObject(item) || itemType(item, path) !== 'additional_tools') return []
    if (!Array.isArray(item.tools)) throw wrong([...path, 'tools'], 'expected a list of tools')
    const tools = item.tools as readonly unknown[]
    for (const [index, tool] of tools.entries()) checkTool(tool, [...path, 'tools', index])
    return tools
  })
}
