import { describe, expect, test } from 'vitest'
import { parseMessagesRequest } from './messages-request.ts'
import { refuseMessagesSteering } from './messages-steering.ts'

const base = { model: 'auto', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] }
const search = { type: 'web_search_20250305', name: 'web_search' }
const added = (definition: object) => ({ type: 'tool_addition', tool: { type: 'tool_definition', definition } })
const system = (block: object) => ({ messages: [...base.messages, { role: 'system', content: [block] }] })
const assistant = (block: object) => ({ messages: [...base.messages, { role: 'assistant', content: [block] }] })

function steer(fields: object): () => void {
  const body = parseMessagesRequest({ ...base, ...fields })
  return () => refuseMessagesSteering(body)
}

describe('what steers', () => {
  test.each<[string, object, string]>([
    ['a tool in the middle', system(added(search)), 'messages.1.content.0.tool.definition.type'],
    [
      'a tool in what sums up a conversation',
      assistant({ type: 'compaction', content: 'x', tool_changes: [added(search)] }),
      'messages.1.content.0.tool_changes.0.tool.definition.type',
    ],
    ['compaction', { compaction: { type: 'enabled' } }, 'compaction'],
    [
      'an edit that compacts',
      { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }, { type: 'compact_20260112' }] } },
      'context_management.edits.1.type',
    ],
    ['a container that is named like a speed', { container: 'standard' }, 'container'],
    ['a speed', { speed: 'fast' }, 'speed'],
    ['a region', { inference_geo: 'us' }, 'inference_geo'],
  ])('%s is refused', (_what, fields, path) => {
    expect(steer(fields)).toThrow(`${path}: cannot be sent with this model and key`)
  })

  test.each<[string, object]>([
    ['no servers', { mcp_servers: [] }],
    ['no fallbacks', { fallbacks: [] }],
    ['the usual speed', { speed: 'standard' }],
    ['an edit that clears', { context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] } }],
    ['a tool of the caller’s in the middle', system(added({ name: 'f', input_schema: {} }))],
    ['a tool that is named again', system({ type: 'tool_addition', tool: { type: 'tool_reference', name: 'f' } })],
    [
      'settings without content',
      { messages: [...base.messages, { role: 'system', output_config: { effort: 'low' } }] },
    ],
  ])('%s passes', (_what, fields) => {
    expect(steer(fields)).not.toThrow()
  })
})
