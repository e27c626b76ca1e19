import { describe, expect, test } from 'vitest'
import { escapeHtml, html, htmlWithNames } from './html.ts'

describe('html', () => {
  test('escapes what is inserted, and not what is written', () => {
    expect(html`<b title="${'"x"'}">${'<script>'}</b>`.text).toBe('<b title="&#34;x&#34;">&#60;script&#62;</b>')
  })

  test('inserts markup once, joins lists, leaves undefined out', () => {
    const items = ['a&b', 'c'].map((text) => html`<li>${text}</li>`)
    expect(html`<ul>${items}${undefined}</ul>`.text).toBe('<ul><li>a&#38;b</li><li>c</li></ul>')
  })

  test('escapes all five characters that matter', () => {
    expect(escapeHtml(`&<>"'`)).toBe('&#38;&#60;&#62;&#34;&#39;')
  })
})

describe('htmlWithNames', () => {
  test('puts names between backticks into code', () => {
    expect(htmlWithNames('`a<b` beats `c`.').text).toBe('<code>a&#60;b</code> beats <code>c</code>.')
  })

  test('takes a stray backtick as text', () => {
    expect(htmlWithNames('a ` b').text).toBe('a ` b')
  })
})
