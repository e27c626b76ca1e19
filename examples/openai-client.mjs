// The official OpenAI client against a running gateway: start one with `npm start`, then
//   node examples/openai-client.mjs "What is 17 * 23?"
// Outside of a checkout it needs the package `openai`.
import OpenAI from 'openai'

const baseURL = process.env.POINTSMAN_URL ?? 'http://127.0.0.1:8400/v1'
// Without keys of its own the gateway takes any; the client insists on one.
const client = new OpenAI({ baseURL, apiKey: process.env.POINTSMAN_API_KEY ?? 'none' })
const prompt = process.argv[2] ?? 'What is 17 * 23?'

const stream = await client.chat.completions.create({
  model: 'auto',
  messages: [{ role: 'user', content: prompt }],
  stream: true,
})
let responseId = ''
for await (const chunk of stream) {
  if (responseId === '') process.stdout.write(`${chunk.model}: `)
  responseId = chunk.id
  process.stdout.write(chunk.choices[0]?.delta?.content ?? '')
}
process.stdout.write('\n')

// What a person or a check thought of the answer, any time later: this is what the router learns from.
const feedback = await client.post('/feedback', { body: { response_id: responseId, thumbs: 'up' } })
console.log('feedback:', feedback)

const decision = await client.get(`/decisions/${responseId}`)
console.table(decision.candidates, ['llm', 'probability', 'quality', 'cost_usd', 'completion_ms'])
