/**
 * What it costs to read which parameters a request says, on every request's path: a plain one, a usual one with some parameters, a
 * conversation of 40 turns with tools. Run: npm exec -- node bench/request-parameters.ts
 */

import type { ChatRequest } from '../src/providers/chat-provider.ts'
import { requestParameters } from '../src/providers/parameters/request-parameters.ts'

const rounds = 15
const perRound = 100_000
const user = { role: 'user', content: 'Why is the sky blue?' }
const assistant = { role: 'assistant', content: 'Because of Rayleigh scattering.' }
const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }

const requests: Readonly<Record<string, () => ChatRequest>> = {
  plain: () => ({ messages: [user] }),
  usual: () => ({
    messages: [{ role: 'system', content: 'Be brief.' }, user],
    temperature: 0.2,
    max_tokens: 500,
    seed: 1,
  }),
  long: () => ({
    messages: Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? user : assistant)),
    tools: Array.from({ length: 10 }, () => tool),
    tool_choice: 'auto',
    temperature: 0,
  }),
}

console.log(`Node ${process.version}; median of ${rounds} rounds of ${perRound.toLocaleString('en')} requests`)
let said = 0
for (const [name, make] of Object.entries(requests)) {
  const made = Array.from({ length: 1000 }, make)
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now()
    for (let i = 0; i < perRound; i++) said += requestParameters(made[i % made.length]!).names.length
    times.push((1e6 * (performance.now() - begun)) / perRound)
  }
  times.sort((a, b) => a - b)
  console.log(`${name.padEnd(8)}${times[Math.floor(rounds / 2)]!.toFixed(0).padStart(8)} ns`)
}
if (said === 0) throw new Error('Nothing was read')
