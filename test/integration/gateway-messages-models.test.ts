import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/providers/chat-provider.ts'
import { bodyOf, saying, start } from './messages-harness.ts'

describe('the list of models', () => {
  test('has Anthropic’s fields beside OpenAI’s for clients that name its version', async () => {
    const harness = await start({ providers: { small: saying('4'), large: saying('4') } })
    const version = { 'anthropic-version': '2023-06-01' }
    const page = await bodyOf(await fetch(`${harness.url}/v1/models?limit=1`, { headers: version }))
    const models = page.data as JsonObject[]
    expect(page).toMatchObject({ has_more: false, first_id: models[0]!.id, last_id: models.at(-1)!.id })
    const small = {
      id: 'small',
      object: 'model',
      type: 'model',
      display_name: 'small',
      created_at: '1970-01-01T00:00:00Z',
    }
    expect(models.find(({ id }) => id === 'small')).toMatchObject(small)
    expect(await bodyOf(await fetch(`${harness.url}/v1/models/small`, { headers: version }))).toMatchObject(small)
    const plain = await bodyOf(await harness.get('/v1/models'))
    expect(Object.keys(plain)).toEqual(['object', 'data'])
    expect((plain.data as JsonObject[])[0]).not.toHaveProperty('type')
  })
})
