import { afterAll } from 'vitest'
import { describeChatProvider } from '../../src/providers/chat-provider.contract.ts'
import { OpenAiCompatibleProvider } from '../../src/providers/openai-compatible/openai-compatible-provider.ts'
import { completionBody, ScriptedUpstream, streamOf } from './scripted-upstream.ts'

const upstreams: ScriptedUpstream[] = []

async function start(): Promise<ScriptedUpstream> {
  const upstream = await ScriptedUpstream.start()
  upstreams.push(upstream)
  return upstream
}

afterAll(async () => {
  await Promise.all(upstreams.map((upstream) => upstream.close()))
})

describeChatProvider('OpenAiCompatibleProvider', async () => {
  const [speaking, silent] = [await start(), await start()]
  speaking.answer((body) =>
    body.stream === true
      ? { kind: 'sse', events: streamOf('Hel', 'lo') }
      : { kind: 'json', body: completionBody('Hello') },
  )
  silent.plan({ kind: 'hang' })
  return {
    provider: new OpenAiCompatibleProvider({ name: 'speaking', baseUrl: speaking.baseUrl }),
    silent: new OpenAiCompatibleProvider({ name: 'silent', baseUrl: silent.baseUrl }),
    call: { upstreamModel: 'm', request: { messages: [{ role: 'user', content: 'hello' }] } },
  }
})
