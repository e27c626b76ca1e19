import { describe, expect, it } from 'vitest'
import { matchNames, parseModelName } from './model-name.ts'

const match = (wanted: string, measured: string) => matchNames(parseModelName(wanted), parseModelName(measured))

describe('the names of models', () => {
  // As OpenAI, Azure, OpenRouter, Groq, Together, Fireworks, Bedrock, Vertex, NVIDIA and Ollama write them.
  it.each([
    ['meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo', 'Meta-Llama-3.1-8B-Instruct'],
    ['llama-3.1-8b-instant', 'meta-llama/llama-3.1-8b-instruct'],
    ['llama3.1:8b', 'Meta-Llama-3.1-8B-Instruct'],
    ['accounts/fireworks/models/llama-v3p1-8b-instruct', 'Meta-Llama-3.1-8B-Instruct'],
    ['us.meta.llama3-1-8b-instruct-v1:0', 'Meta-Llama-3.1-8B-Instruct'],
    ['meta/llama-3.1-405b-instruct', 'Llama-3.1-405B-Instruct-fp8@together'],
    ['us.anthropic.claude-3-5-sonnet-20240620-v1:0', 'claude-3-5-sonnet-20240620'],
    ['anthropic/claude-3.5-sonnet', 'claude-3-5-sonnet-20240620'],
    ['claude-3-5-sonnet@20240620', 'claude-3-5-sonnet-20240620'],
    ['anthropic/claude-3-opus', 'claude-3-opus-20240229'],
    ['gpt-4o', 'gpt-4o-2024-08-06'],
    ['openai/gpt-4o-2024-08-06', 'gpt-4o-2024-08-06'],
    ['openai/gpt-4o-mini', 'gpt-4o-mini-2024-07-18'],
    ['gpt-35-turbo', 'gpt-3.5-turbo-0125'],
    ['gpt-4-turbo', 'gpt-4-1106-preview'],
    ['google/gemini-2.5-flash', 'gemini-2.5-flash'],
    ['mistral.mistral-large-2407-v1:0', 'Mistral-Large-2'],
    ['open-mixtral-8x7b', 'mistralai/Mixtral-8x7B-Instruct-v0.1'],
    ['mixtral:8x7b', 'Mixtral-8x7B-Instruct-v0.1'],
    ['Qwen/Qwen2.5-72B-Instruct-Turbo', 'Qwen2.5-72B-Instruct'],
    ['qwen2.5:7b', 'Qwen2.5-7B-Instruct'],
    ['gemma2-9b-it', 'gemma-2-9b-it'],
    ['google/gemma-2-27b-it:free', 'gemma-2-27b-it'],
    ['llama3.1:8b-instruct-q4_K_M', 'Meta-Llama-3.1-8B-Instruct'],
    ['hf.co/bartowski/Meta-Llama-3.1-8B-Instruct-GGUF:Q4_K_M', 'Meta-Llama-3.1-8B-Instruct'],
    ['llama-3.1-8b-instruct.Q4_K_M.gguf', 'Meta-Llama-3.1-8B-Instruct'],
    ['unsloth/Meta-Llama-3.1-8B-Instruct-bnb-4bit', 'Meta-Llama-3.1-8B-Instruct'],
    ['llama-3.1-70b-instruct-awq-int4', 'Meta-Llama-3.1-70B-Instruct'],
    ['meta/llama-3.1-405b-instruct-maas', 'Llama-3.1-405B-Instruct-fp8@together'],
    ['databricks-meta-llama-3-1-70b-instruct', 'Meta-Llama-3.1-70B-Instruct'],
    ['mixtral-8x7b-32768', 'Mixtral-8x7B-Instruct-v0.1'],
    ['llama3-70b-8192', 'Meta-Llama-3-70B-Instruct'],
    ['gemini-1.5-flash-001', 'gemini-1.5-flash'],
    ['chatgpt-4o-latest', 'chatgpt-4o-latest-24-09-07'],
    ['o1-preview', 'o1-preview-2024-09-12'],
  ])('%s is %s', (wanted, measured) => {
    expect(match(wanted, measured)).toBe('same')
  })

  it.each([
    ['gpt-4o-2024-11-20', 'gpt-4o-2024-08-06'],
    ['gpt-4.1-mini', 'gpt-4o-mini-2024-07-18'],
    ['mistralai/mistral-large-2512', 'Mistral-Large-2'],
    ['mistral-large-latest', 'mistral-large-2512'],
    ['gemini-2.5-pro', 'gemini-1.5-pro'],
    ['gemini-2.0-flash', 'gemini-1.5-flash'],
    ['llama-3.3-70b-versatile', 'Meta-Llama-3.1-8B-Instruct'],
    ['claude-sonnet-4-5', 'claude-3-5-sonnet-20240620'],
    ['o3-mini', 'o1-mini-2024-09-12'],
    ['llama3.1', 'Meta-Llama-3.1-8B-Instruct'],
    ['o1', 'o1-preview-2024-09-12'],
    ['gemini-1.5-flash-002', 'gemini-1.5-flash'],
    ['gemini-1.5-pro-002', 'gemini-1.5-pro'],
    ['meta-llama/Llama-3.1-8B', 'Meta-Llama-3.1-8B-Instruct'],
    ['meta-llama/Meta-Llama-3-8B', 'Meta-Llama-3-8B-Instruct'],
    ['Qwen/Qwen2.5-7B', 'Qwen2.5-7B-Instruct'],
    ['mistralai/Mixtral-8x7B-v0.1', 'Mixtral-8x7B-Instruct-v0.1'],
    ['Mixtral-8x7B-v0.1', 'Mixtral-8x7B-Instruct-v0.1'],
    ['Qwen/Qwen2.5-7B-Instruct-1M', 'Qwen2.5-7B-Instruct'],
    ['claude-3-5-sonnet-latest', 'claude-3-5-sonnet-20240620'],
    ['claude-3-opus-4', 'claude-3-opus-20240229'],
    ['yi-large-preview', 'yi-large'],
  ])('%s is a sibling of %s', (wanted, measured) => {
    expect(match(wanted, measured)).toBe('sibling')
  })

  it.each([
    ['gpt-4o-mini', 'gpt-4o-2024-08-06'],
    ['gpt-3.5-turbo', 'gpt-4-turbo-2024-04-09'],
    ['gpt-4o-realtime-preview', 'gpt-4o-2024-08-06'],
    ['gemini-2.5-flash-lite', 'gemini-2.5-flash'],
    ['gemini-2.5-pro', 'gemini-2.5-flash'],
    ['mistral-small-2409', 'Mistral-Large-2'],
    ['ministral-8b-2410', 'Mistral-Large-2'],
    ['codestral-2405', 'Mistral-Large-2'],
    ['DeepSeek-R1-Distill-Llama-70B', 'Meta-Llama-3.1-70B-Instruct'],
    ['llama-3.2-11b-vision-instruct', 'Meta-Llama-3.1-8B-Instruct'],
    ['qwen2.5-coder-32b-instruct', 'Qwen2.5-32B-Instruct'],
    ['deepseek-coder-v2', 'deepseek-v2.5-0908'],
    ['claude-3-haiku-20240307', 'claude-3-opus-20240229'],
    ['command-r-plus', 'command-r'],
    ['openai/gpt-oss-120b', 'gpt-4o-2024-08-06'],
    ['text-embedding-3-large', 'Mistral-Large-2'],
    ['prod-chat-eu', 'gpt-4o-2024-08-06'],
    ['house', 'yi-large'],
    ['gpt-3.5-turbo-instruct', 'gpt-3.5-turbo-0125'],
    ['gpt-4o-mini-search-preview', 'gpt-4o-mini-2024-07-18'],
    ['gpt-5-codex', 'gpt-4o-2024-08-06'],
    ['llama3.1:8b-instruct-q2_K', 'Meta-Llama-3.1-8B-Instruct'],
    ['', 'gpt-4o-2024-08-06'],
    ['latest', ''],
  ])('%s is neither of %s', (wanted, measured) => {
    expect(match(wanted, measured)).toBe('other')
  })
})
