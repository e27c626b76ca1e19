import { expect, test } from 'vitest'
import { areClientsInstalled } from './installed.ts'

const isRequired = (process.env.POINTSMAN_REQUIRE ?? '').split(',').includes('clients')

test.skipIf(!isRequired && !areClientsInstalled())('the official clients are installed', () => {
  expect(areClientsInstalled()).toBe(true)
})
