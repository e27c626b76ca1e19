import { describe, expect, it } from 'vitest'
import { defaultBase } from './default-base.ts'

describe('defaultBase', () => {
  it.each([
    [
      'Llama-3.1-405B-Instruct',
      'Llama-3.1-405B-Instruct-fp8@together',
      'Llama-3.1-405B-Instruct@hyperbolic',
      'Llama-3.1-405B-Instruct@sambanova',
    ],
    ['gpt-4o', 'gpt-4o-2024-05-13', 'gpt-4o-2024-08-06'],
    ['gemini-1.5-pro', 'gemini-1.5-pro', 'gemini-1.5-pro-exp-0801', 'gemini-1.5-pro-exp-0827'],
    ['gpt-3.5-turbo', 'gpt-3.5-turbo-0301', 'gpt-3.5-turbo-1106', 'gpt-3.5-turbo-1106_concise'],
    ['deepseek-v2-coder', 'deepseek-v2-coder-0614', 'deepseek-v2-coder-0724'],
    ['vicuna-13b-v1.5', 'vicuna-13b-v1.5', 'vicuna-13b-v1.5-togetherai'],
    ['alpaca-7b', 'alpaca-7b', 'alpaca-7b_concise', 'alpaca-7b_verbose'],
    ['claude-3-opus', 'claude-3-opus-20240229'],
    ['chatgpt-4o-latest', 'chatgpt-4o-latest-24-09-07'],
    ['mistral-large', 'mistral-large-2407'],
  ])('is %s of its siblings', (base, ...siblings) => {
    expect(siblings.map(defaultBase)).toEqual(siblings.map(() => base))
  })

  it('keeps apart what differs in size, tune or name', () => {
    const others = [
      'gpt-4-1106-preview',
      'gpt-4-turbo',
      'gpt-4o-mini',
      'Qwen2-72B-Instruct',
      'Qwen2.5-72B-Instruct',
      'Meta-Llama-3-8B-Instruct',
      'Meta-Llama-3.1-8B-Instruct',
      'claude-2',
      'claude-2.1',
      'vicuna-7b',
      'vicuna-7b-v1.3',
      'vicuna-7b-v1.5',
      'reka-core',
      'yi-large',
      'yi-large-preview',
      'mistralai/mixtral-8x7b-chat',
      'model-5000',
      'text_davinci_001',
      '@host',
    ]
    expect(others.map(defaultBase)).toEqual(others)
  })
})
