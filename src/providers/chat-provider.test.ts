import { describeChatProvider } from './chat-provider.contract.ts'
import { DeadlineProvider } from './resilience/deadline-provider.ts'
import { RetryingProvider } from './resilience/retrying-provider.ts'
import { ManualTimers } from './scripted/manual-timers.ts'
import { ScriptedProvider, scriptedCompletion, scriptedEvents } from './scripted/scripted-provider.ts'
import { SimulatedProvider } from './simulated/simulated-provider.ts'

const request = { messages: [{ role: 'user', content: 'Write "timetable" in capital letters.' }] }
const call = { upstreamModel: 'sim/reasoner', request }
const usage = { inputTokens: 3, outputTokens: 2 }

/** Answers whole calls and streams alike, whichever comes first. */
function scripted(): ScriptedProvider {
  const provider = new ScriptedProvider({ answers: [{ steps: scriptedEvents(['Hel', 'lo'], usage) }] })
  provider.complete = async (_call, signal) => {
    await new ScriptedProvider({ answers: [{ completion: scriptedCompletion('') }] }).complete(_call, signal)
    return scriptedCompletion('Hello', usage)
  }
  return provider
}

describeChatProvider('ScriptedProvider', () => ({
  provider: scripted(),
  silent: new ScriptedProvider({ answers: [{ hang: true }] }),
  call,
}))

describeChatProvider('SimulatedProvider', () => ({
  provider: new SimulatedProvider({ timeScale: 0 }),
  silent: new SimulatedProvider({ timers: new ManualTimers() }),
  call,
}))

describeChatProvider('DeadlineProvider', () => {
  const deadlines = { totalMs: 50, firstContentMs: 40, stallMs: 30 }
  return {
    provider: new DeadlineProvider(new SimulatedProvider({ timeScale: 0 }), deadlines, new ManualTimers()),
    silent: new DeadlineProvider(new SimulatedProvider({ timers: new ManualTimers() }), deadlines, new ManualTimers()),
    call,
  }
})

describeChatProvider('RetryingProvider', () => {
  const options = { random: { next: () => 0 } }
  return {
    provider: new RetryingProvider(new SimulatedProvider({ timeScale: 0 }), options),
    silent: new RetryingProvider(new SimulatedProvider({ timers: new ManualTimers() }), options),
    call,
  }
})
