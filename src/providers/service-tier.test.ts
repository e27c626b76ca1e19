import { expect, test } from 'vitest'
import { withServiceTier } from './service-tier.ts'

const usage = { inputTokens: 10, outputTokens: 1 }

test.each([undefined, null, 7, '', 'auto', 'default', 'standard', 'on_demand', 'ON_DEMAND'])(
  '%s is billed by the list',
  (tier) => {
    expect(withServiceTier(usage, tier)).toBe(usage)
  },
)

test.each(['flex', 'priority', 'scale', 'batch', 'Provisioned'])('%s is not', (tier) => {
  const noted = withServiceTier({ ...usage, unpriced: ['web_search_requests'] }, tier)
  expect(noted).toEqual({ ...usage, unpriced: ['web_search_requests', `service_tier:${tier.toLowerCase()}`] })
})

test('what an upstream makes up is kept short', () => {
  expect(withServiceTier(usage, 'x'.repeat(1e6))?.unpriced?.[0]?.length).toBeLessThan(60)
  expect(withServiceTier(undefined, 'flex')).toBeUndefined()
})
