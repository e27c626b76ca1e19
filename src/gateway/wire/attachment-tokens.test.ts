import { expect, test } from 'vitest'
import { audioTokens, fileTokens } from './attachment-tokens.ts'

/** Base64 of `bytes` bytes that begin with `head`. */
function base64(head: string, bytes: number): string {
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(bytes - head.length, 32)]).toString('base64')
}

test.each([
  ['a text', 'hello', 1_000],
  ['a PDF', '%PDF-1.7', 250],
  ['an office file', 'PK\x03\x04', 250],
])('%s of 4,000 bytes counts %s as its kind does, with or without the head of a data URL', (_what, head, tokens) => {
  const data = base64(head, 4_000)
  // Base64 fills up to three bytes.
  expect(Math.abs(fileTokens({ file_data: data }) - tokens)).toBeLessThanOrEqual(1)
  expect(fileTokens({ file_data: `data:application/pdf;base64,${data}` })).toBe(fileTokens({ file_data: data }))
})

test('sound counts at least as many tokens as any vendor we know bills for its seconds', () => {
  const seconds = 60
  expect(audioTokens({ data: base64('RIFF', seconds * 8_000), format: 'wav' })).toBeGreaterThanOrEqual(32 * seconds)
  expect(audioTokens({ data: base64('ID3', seconds * 2_000), format: 'mp3' })).toBeGreaterThanOrEqual(32 * seconds)
})

test.each([[undefined], [null], ['text'], [{}], [{ file_data: 7 }], [{ file_id: 'file-1' }], [{ file_data: '' }]])(
  'what cannot be seen is not free: %j',
  (file) => {
    expect(fileTokens(file)).toBe(10_000)
    expect(audioTokens(file)).toBe(10_000)
  },
)
