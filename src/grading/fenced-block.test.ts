import { describe, expect, it } from 'vitest'
import { fencedBlock } from './fenced-block.ts'

describe('fencedBlock', () => {
  it.each([
    ['```sql\nSELECT 1\n```', 'SELECT 1\n'],
    ['Here:\n\n  ```SQL\nSELECT 1\n  ```\nDone.', 'SELECT 1\n'],
    ['```\nSELECT 1\n```', 'SELECT 1\n'],
    ['```bash\nls\n```\n```sql\nSELECT 1\n```', 'SELECT 1\n'],
    ['~~~sql\nSELECT 1\n~~~', 'SELECT 1\n'],
    ['````sql title="x"\nSELECT 1\n````', 'SELECT 1\n'],
    ['```sql\nSELECT 1', 'SELECT 1'],
  ])('finds the block of %j', (text, block) => {
    expect(fencedBlock(text, ['sql'])).toBe(block)
  })

  it('finds none where there is none', () => {
    expect(fencedBlock('SELECT `a` FROM b', ['sql'])).toBeUndefined()
  })

  it('takes time by the length', () => {
    for (const text of ['`'.repeat(200_000), `\`\`\`${' '.repeat(200_000)}`, `\`\`\`${'a'.repeat(200_000)}`]) {
      expect(fencedBlock(text, ['sql'])).toBeUndefined()
    }
  })
})
