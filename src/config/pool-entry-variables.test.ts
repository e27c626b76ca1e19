import { describe, expect, test } from 'vitest'
import { mayName } from './pool-entry-variables.ts'
import { providerSchema } from './provider-schema.ts'

describe('an LLM that joins at run time may name', () => {
  test.each([
    ['OPENAI_API_KEY', { preset: 'openai' }, true],
    ['OPENAI_API_KEY', { preset: 'openai', base_url: 'https://api.openai.com/v1/' }, true],
    ['OPENAI_API_KEY', { preset: 'openai', base_url: 'https://api.openai.com.evil.example/v1' }, false],
    ['OPENAI_API_KEY', { base_url: 'https://api.openai.com/v1' }, false],
    ['OPENAI_API_KEY', { preset: 'groq' }, false],
    ['ANTHROPIC_AUTH_TOKEN', { kind: 'anthropic' }, true],
    ['GOOGLE_API_KEY', { kind: 'gemini' }, true],
    ['TOGETHERAI_API_KEY', { preset: 'together' }, true],
    ['AZURE_API_KEY', { kind: 'azure-openai', base_url: 'https://me.openai.azure.com' }, false],
    ['AWS_SECRET_ACCESS_KEY', { kind: 'bedrock', region: 'us-east-1' }, true],
    ['AWS_SECRET_ACCESS_KEY', { kind: 'bedrock', region: 'us-east-1', base_url: 'https://x.example' }, false],
    ['HOME', { preset: 'openai' }, false],
    ['TEAM_KEY', { base_url: 'https://x.example/v1' }, true],
  ])('%s for %j: %s', (variable, entry, expected) => {
    expect(mayName(variable, providerSchema.parse(entry), ['TEAM_KEY'])).toBe(expected)
  })
})
