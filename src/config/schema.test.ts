import { describe, expect, it } from 'vitest'
import { defaultExploration } from '../routing/decision/choice.ts'
import { configFileSchema } from './schema.ts'

describe('the configuration', () => {
  const providers = { o: { preset: 'openai' } }
  const llms = [{ id: 'a', provider: 'o' }]
  const complaints = (fields: object) =>
    configFileSchema
      .safeParse({ providers, llms, ...fields })
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

  it('lets no alias have the name of embeddings, and no LLM be its own fallback', () => {
    const embeddings = [{ id: 'e', provider: 'o' }]
    expect(complaints({ embeddings, aliases: { e: 'a' } })).toEqual([
      'aliases.e: a model of embeddings has this name already',
    ])
    expect(complaints({ llms: [{ ...llms[0], fallbacks: ['a'] }] })).toEqual([
      'llms.0.fallbacks.0: an LLM is no fallback of its own',
    ])
    expect(complaints({ llms: [{ ...llms[0], efforts: ['low', 'high'], fallbacks: ['a@high'] }] })).toBeUndefined()
  })

  it.each([
    ['https://sk-secret@api.example.com/v1', 'name or password'],
    ['https://x.openai.azure.com/?api-version=1', 'query'],
    ['ftp://api.example.com', ''],
  ])('refuses the address %s', (base_url, reason) => {
    const [complaint] = complaints({ providers: { o: { base_url } } }) ?? []
    expect(complaint).toContain(`providers.o.base_url: `)
    expect(complaint).toContain(reason)
    expect(complaint).not.toContain('secret')
  })

  it('takes no price beyond a dollar a token, of which no bill can be made', () => {
    const price = (input: number) => complaints({ llms: [{ ...llms[0], price: { input, output: 1 } }] })
    expect(price(1e6)).toBeUndefined()
    expect(price(1e308)).toEqual([expect.stringContaining('llms.0.price.input: ')])
  })

  it('explores as the router does where it says nothing', () => {
    const { exploration } = configFileSchema.parse({}).routing
    expect(exploration).toEqual({ enabled: true, price: defaultExploration.price, floor: defaultExploration.floor })
  })
})
