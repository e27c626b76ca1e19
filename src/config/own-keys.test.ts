import { expect, it } from 'vitest'
import { createApiKeySecret } from '../accounts/api-key-secret.ts'
import { ownKeyVariables, withoutOwnKeys } from './own-keys.ts'

const { secret } = createApiKeySecret()

it('finds keys of ours where vendors’ keys are looked for, and nowhere else', () => {
  const environment = {
    ANTHROPIC_AUTH_TOKEN: 'pm-your-key',
    OPENAI_API_KEY: `${secret}\n`,
    GROQ_API_KEY: 'gsk_1',
    XAI_API_KEY: 'pm-1',
    MY_MASTER_KEY: secret,
  }
  expect(ownKeyVariables(environment)).toEqual(['OPENAI_API_KEY', 'ANTHROPIC_AUTH_TOKEN'])
  expect(Object.keys(withoutOwnKeys(environment))).toEqual(['GROQ_API_KEY', 'XAI_API_KEY', 'MY_MASTER_KEY'])
})

it('leaves a key alone that goes to another address than the vendor’s', () => {
  const environment = { OPENAI_API_KEY: secret, OPENAI_BASE_URL: 'https://gateway.example/v1' }
  expect(withoutOwnKeys(environment)).toBe(environment)
  expect(ownKeyVariables({ ...environment, OPENAI_BASE_URL: ' ' })).toEqual(['OPENAI_API_KEY'])
})
