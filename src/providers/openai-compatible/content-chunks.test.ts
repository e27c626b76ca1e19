import { expect, it } from 'vitest'
import { withPlainContent } from './content-chunks.ts'

it('tells thinking from text', () => {
  const content = [
    {
      type: 'thinking',
      thinking: [
        { type: 'text', text: 'hm ' },
        { type: 'text', text: 'yes' },
      ],
      closed: true,
    },
    { type: 'text', text: 'Four' },
    { type: 'reference', reference_ids: [1] },
    { type: 'text', text: '.' },
  ]
  const body = (said: object) => ({ id: 'x', choices: [{ index: 0, finish_reason: 'stop', ...said }] })
  const plain = { content: 'Four.', reasoning_content: 'hm yes' }
  expect(withPlainContent(body({ message: { role: 'assistant', content } }))).toEqual(
    body({ message: { role: 'assistant', ...plain } }),
  )
  expect(withPlainContent(body({ delta: { content } }))).toEqual(body({ delta: plain }))
})

it.each([{}, { choices: 7 }, { choices: [null, { message: { content: 'text' } }] }, { choices: [{ delta: 'x' }] }])(
  'leaves %j alone',
  (body) => {
    expect(withPlainContent(body)).toBe(body)
  },
)
