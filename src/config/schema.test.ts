import { describe, expect, it } from 'vitest'
import { defaultExploration } from '../routing/decision/choice.ts'
import { configFileSchema } from './schema.ts'

describe('the configuration', () => {
  it('explores as the router does where it says nothing', () => {
    const { exploration } = configFileSchema.parse({}).routing
    expect(exploration).toEqual({ enabled: true, price: defaultExploration.price, floor: defaultExploration.floor })
  })
})
