import { Command, CommanderError } from 'commander'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ApiKey } from '../../accounts/api-key.ts'
import { hashApiKeySecret } from '../../accounts/api-key-secret.ts'
import type { KeyStore } from '../../accounts/key-store.ts'
import type { ConfigFlags } from '../../config/load-config.ts'
import { noColours } from '../terminal/colours.ts'
import { addKeysCommand } from './keys.ts'

class MemoryKeyStore implements KeyStore {
  readonly keys: ApiKey[] = []

  async create(key: ApiKey): Promise<void> {
    this.keys.push(key)
  }

  async list(): Promise<readonly ApiKey[]> {
    return this.keys
  }

  async revoke(id: string, atMs: number): Promise<boolean> {
    const index = this.keys.findIndex((key) => key.id === id && key.revokedAtMs === undefined)
    const key = this.keys[index]
    if (key === undefined) return false
    this.keys[index] = { ...key, revokedAtMs: atMs }
    return true
  }
}

let store: MemoryKeyStore
let out: string[]
let notes: string[]
let opened: ConfigFlags[]
let closed: number
beforeEach(() => {
  store = new MemoryKeyStore()
  out = []
  notes = []
  opened = []
  closed = 0
})

async function run(...args: readonly string[]): Promise<void> {
  const program = new Command().exitOverride().configureOutput({ writeErr: (text) => notes.push(text) })
  addKeysCommand(program, async (flags) => {
    opened.push(flags)
    return {
      keys: store,
      clock: { now: () => Date.UTC(2026, 0, 2) },
      terminal: { out: (text) => out.push(text), note: (text) => notes.push(text), colours: noColours },
      teams: ['search'],
      close: async () => {
        closed++
      },
    }
  })
  await program.parseAsync(['keys', ...args], { from: 'user' })
}

describe('keys create', () => {
  test('prints the secret alone and stores its hash only', async () => {
    await run('create', '--name', 'ci')
    const [key] = store.keys
    expect(out).toHaveLength(1)
    expect(out[0]).toMatch(/^pm-/)
    expect(key).toMatchObject({ name: 'ci', scopes: ['inference'], dailyCapUsd: undefined, preference: {} })
    expect(key?.secretHash).toBe(hashApiKeySecret(out[0] ?? ''))
    expect(JSON.stringify([store.keys, notes])).not.toContain(out[0])
    expect(closed).toBe(1)
  })

  test('says that a team nobody configured has no cap', async () => {
    await run('create', '--name', 'a', '--team', 'search')
    expect(notes.join('')).not.toContain('warning')
    await run('create', '--name', 'b', '--team', 'serach')
    expect(store.keys.map(({ team }) => team)).toEqual(['search', 'serach'])
    expect(notes.at(-1)).toContain("no team 'serach'")
  })

  test('takes scopes, cap and preference', async () => {
    const limits = ['--daily-cap-usd', '2.5', '--lambda', '3', '--allow', 'gpt-*', 'tag:eu', '--deny', 'gpt-4o']
    await run('create', '--name', 'a', '--scope', 'inference', 'admin', ...limits, '--database', 'x.db')
    expect(store.keys[0]).toMatchObject({
      scopes: ['inference', 'admin'],
      dailyCapUsd: 2.5,
      preference: { lambda: 3, allow: [['gpt-*', 'tag:eu']], deny: ['gpt-4o'] },
    })
    expect(opened[0]).toMatchObject({ database: 'x.db' })
  })

  test.each([
    [['--name', '  '], 'must not be empty'],
    [['--name', 'a', '--scope', 'root'], 'Allowed choices are inference, admin'],
    [['--name', 'a', '--daily-cap-usd', '-1'], 'at least 0'],
    [['--name', 'a', '--daily-cap-usd', ''], 'at least 0'],
    [['--name', 'a', '--lambda', 'NaN'], 'at least 0'],
    [['--name', 'a', '--deny', ''], '--deny'],
    [[], '--name'],
  ])('refuses %j', async (args, complaint) => {
    await expect(run('create', ...args)).rejects.toThrow(CommanderError)
    expect(notes.join('')).toContain(complaint)
    expect(store.keys).toEqual([])
    expect(closed).toBe(opened.length)
  })
})

test('keys list shows what a key may do, never its secret or hash', async () => {
  await run('list')
  expect(notes.join('')).toContain('No keys yet')
  await run('create', '--name', 'ci', '--lambda', '3')
  const secret = out.pop() ?? ''
  await run('list')
  const [titles, row] = (out[0] ?? '').split('\n')
  expect(titles).toMatch(/^id +name +secret +scopes +team +daily cap +preference +created +state$/)
  expect(row).toMatch(/ci +pm-\S{7}… +inference +none +lambda 3 +2026-01-02 +active$/)
  expect(out[0]).not.toContain(secret)
  expect(out[0]).not.toContain(store.keys[0]?.secretHash)
})

test('keys revoke ends a key once', async () => {
  await run('create', '--name', 'ci')
  const id = store.keys[0]?.id ?? ''
  await run('revoke', id)
  expect(store.keys[0]?.revokedAtMs).toBe(Date.UTC(2026, 0, 2))
  await expect(run('revoke', id)).rejects.toMatchObject({ exitCode: 1 })
  expect(notes.at(-1)).toContain('no active key')
  expect(closed).toBe(opened.length)
})
