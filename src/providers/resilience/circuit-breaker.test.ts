import { describe, expect, it } from 'vitest'
import type { ProviderErrorCode } from '../provider-error.ts'
import { ManualTimers } from '../scripted/manual-timers.ts'
import { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.ts'

function breaker(options: CircuitBreakerOptions = {}) {
  const clock = new ManualTimers(1_000_000)
  const circuit = new CircuitBreaker(clock, options)
  const end = (error?: ProviderErrorCode, retryAfterMs?: number) => circuit.admit()?.record(error, retryAfterMs)
  return { clock, circuit, end }
}

describe('CircuitBreaker', () => {
  it('opens after so many failures in a row, and a success in between starts the count anew', () => {
    const { circuit, end } = breaker({ consecutiveFailures: 3 })
    for (const error of ['upstream_failed', 'upstream_timeout', undefined, 'upstream_cut', 'upstream_failed'] as const)
      end(error)
    expect(circuit.state).toBe('closed')
    end('upstream_unreachable')
    expect(circuit.state).toBe('open')
    expect(circuit.admit()).toBeUndefined()
  })

  it('opens at a share of failures in the window, which forgets', async () => {
    const options = { consecutiveFailures: 100, minimumCalls: 4, failureRatio: 0.5, windowMs: 1000 }
    const young = breaker(options)
    for (const error of ['upstream_failed', undefined, 'upstream_failed', undefined] as const) young.end(error)
    expect(young.circuit.state).toBe('closed')
    young.end('upstream_failed')
    expect(young.circuit.state).toBe('open')

    const old = breaker(options)
    for (const error of ['upstream_failed', undefined, 'upstream_failed', undefined] as const) old.end(error)
    await old.clock.advance(1100)
    old.end('upstream_failed')
    expect(old.circuit.state).toBe('closed')
  })

  it('never opens by a caller’s faults or departures', () => {
    const { circuit, end } = breaker({ consecutiveFailures: 1, minimumCalls: 1 })
    for (let i = 0; i < 50; i++)
      for (const error of ['upstream_rejected', 'upstream_context_length', 'aborted'] as const) end(error)
    expect(circuit.state).toBe('closed')
  })

  it('counts 429 apart and obeys Retry-After', async () => {
    const { circuit, clock, end } = breaker({ consecutiveFailures: 2, consecutiveRateLimits: 3 })
    end('upstream_rate_limited')
    end('upstream_failed')
    end('upstream_rate_limited')
    expect(circuit.state).toBe('closed')
    end('upstream_rate_limited', 700)
    expect(circuit.state).toBe('open')
    await clock.advance(699)
    expect(circuit.available).toBe(false)
    await clock.advance(1)
    expect(circuit.state).toBe('half_open')
  })

  it('lets one probe through, closes on its success, and stays away twice as long on each failure', async () => {
    const { circuit, clock, end } = breaker({ consecutiveFailures: 1, openMs: 100, maxOpenMs: 300 })
    end('upstream_failed')
    for (const pauseMs of [100, 200, 300, 300]) {
      await clock.advance(pauseMs - 1)
      expect(circuit.state).toBe('open')
      await clock.advance(1)
      const probe = circuit.admit()
      expect(probe).toBeDefined()
      expect(circuit.admit()).toBeUndefined()
      probe?.record('upstream_failed')
    }
    await clock.advance(300)
    end()
    expect(circuit.state).toBe('closed')
    end('upstream_failed')
    await clock.advance(100)
    expect(circuit.state).toBe('half_open')
  })

  it('hears nothing from calls that began before it opened', async () => {
    const { circuit, clock, end } = breaker({ consecutiveFailures: 1, openMs: 100 })
    const early = [circuit.admit(), circuit.admit()]
    end('upstream_failed')
    early[0]?.record(undefined)
    expect(circuit.state).toBe('open')
    await clock.advance(100)
    const probe = circuit.admit()
    early[1]?.record('upstream_failed')
    expect(circuit.admit()).toBeUndefined()
    probe?.record(undefined)
    expect(circuit.state).toBe('closed')
  })

  it('closes as soon as a probe begins to answer, and still counts a cut', async () => {
    const { circuit, clock, end } = breaker({ consecutiveFailures: 2, openMs: 100 })
    end('upstream_failed')
    end('upstream_failed')
    await clock.advance(100)
    const probe = circuit.admit()
    expect(circuit.available).toBe(false)
    probe?.begun()
    expect(circuit.state).toBe('closed')
    probe?.record('upstream_cut')
    expect(circuit.state).toBe('closed')
    end('upstream_failed')
    expect(circuit.state).toBe('open')
    // No answer came whole in between: it stays away longer, not as long as at first.
    await clock.advance(199)
    expect(circuit.state).toBe('open')
    await clock.advance(1)
    expect(circuit.state).toBe('half_open')
  })

  it('learns nothing from a call that merely begins while it is closed', () => {
    const { circuit, end } = breaker({ consecutiveFailures: 2 })
    end('upstream_failed')
    circuit.admit()?.begun()
    end('upstream_failed')
    expect(circuit.state).toBe('open')
  })

  it('hears nothing of a released call, probe or not', async () => {
    const { circuit, clock, end } = breaker({ consecutiveFailures: 1, openMs: 100 })
    circuit.admit()?.release()
    expect(circuit.state).toBe('closed')
    end('upstream_failed')
    await clock.advance(100)
    const probe = circuit.admit()
    probe?.release()
    probe?.record('upstream_failed')
    expect(circuit.state).toBe('half_open')
    expect(circuit.available).toBe(true)
  })

  it('tries another probe when the first one was abandoned', async () => {
    const { circuit, clock, end } = breaker({ consecutiveFailures: 1, openMs: 100 })
    end('upstream_failed')
    await clock.advance(100)
    end('aborted')
    expect(circuit.state).toBe('half_open')
    expect(circuit.admit()).toBeDefined()
  })
})
