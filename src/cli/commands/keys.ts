import { randomUUID } from 'node:crypto'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ApiKey, KeyScope } from '../../accounts/api-key.ts'
import { createApiKeySecret } from '../../accounts/api-key-secret.ts'
import type { KeyStore } from '../../accounts/key-store.ts'
import type { ConfigFlags } from '../../config/load-config.ts'
import type { Clock } from '../../routing/clock.ts'
import { parsePreferenceBody } from '../../routing/decision/parse-preference.ts'
import type { RoutingPreference } from '../../routing/decision/routing-preference.ts'
import { RoutingError } from '../../routing/errors.ts'
import { withConfigFlags } from '../config-flags.ts'
import { type Cell, renderTable } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** What the key commands work on; whoever opened it closes it. */
export interface KeysSession {
  readonly keys: KeyStore
  readonly clock: Clock
  readonly terminal: Terminal
  /** Of the configuration. */
  readonly teams: readonly string[]
  close(): Promise<void>
}

export interface NewKey {
  readonly name: string
  readonly scopes: readonly KeyScope[]
  readonly dailyCapUsd: number | undefined
  readonly team?: string | undefined
  readonly feedbackShare?: number | undefined
  readonly lambda: number | undefined
  readonly allow: readonly string[] | undefined
  readonly deny: readonly string[] | undefined
}

const scopes: readonly KeyScope[] = ['inference', 'admin']

/**
 * Issues a key. The secret alone goes to `out`, so that a script can take it; it is shown this once.
 * @throws {RoutingError} `invalid_preference`
 */
export async function createKey(session: KeysSession, wanted: NewKey): Promise<void> {
  const { secret, secretHash, prefix } = createApiKeySecret()
  const key: ApiKey = {
    id: `key_${randomUUID()}`,
    name: wanted.name,
    secretHash,
    prefix,
    scopes: wanted.scopes,
    preference: keyPreference(wanted),
    dailyCapUsd: wanted.dailyCapUsd,
    team: wanted.team,
    feedbackShare: wanted.feedbackShare,
    createdAtMs: Math.floor(session.clock.now()),
    revokedAtMs: undefined,
  }
  await session.keys.create(key)
  session.terminal.out(secret)
  session.terminal.note(`Created ${key.id}. The secret is shown only now.`)
  if (wanted.team !== undefined && !session.teams.includes(wanted.team)) {
    session.terminal.note(
      `warning: the configuration has no team '${wanted.team}': until it has, no cap binds its keys together`,
    )
  }
}

/** The grammar and the limits are those of requests. */
function keyPreference(wanted: NewKey): Partial<RoutingPreference> {
  const { lambda, allow, deny } = parsePreferenceBody({
    ...(wanted.lambda === undefined ? {} : { lambda: wanted.lambda }),
    ...(wanted.allow === undefined ? {} : { allow: wanted.allow }),
    ...(wanted.deny === undefined ? {} : { deny: wanted.deny }),
  })
  return {
    ...(lambda === undefined ? {} : { lambda }),
    ...(allow === undefined ? {} : { allow: [allow] }),
    ...(deny === undefined ? {} : { deny }),
  }
}

export async function listKeys(session: KeysSession): Promise<void> {
  const keys = await session.keys.list()
  if (keys.length === 0) {
    session.terminal.note('No keys yet: a gateway on loopback serves everybody who reaches it.')
    return
  }
  const columns = [
    { title: 'id' },
    { title: 'name' },
    { title: 'secret' },
    { title: 'scopes' },
    { title: 'team' },
    { title: 'daily cap', align: 'right' },
    { title: 'preference' },
    { title: 'created' },
    { title: 'state' },
  ] as const
  session.terminal.out(renderTable(columns, keys.map(keyRow), session.terminal.colours))
}

function keyRow(key: ApiKey): readonly Cell[] {
  return [
    key.id,
    key.name,
    `${key.prefix}…`,
    key.scopes.join(', '),
    key.team ?? '',
    key.dailyCapUsd === undefined ? 'none' : `$${key.dailyCapUsd}`,
    describePreference(key.preference),
    isoDate(key.createdAtMs),
    key.revokedAtMs === undefined
      ? { text: 'active', tone: 'good' }
      : { text: `revoked ${isoDate(key.revokedAtMs)}`, tone: 'dim' },
  ]
}

function describePreference(preference: Partial<RoutingPreference>): string {
  const parts: string[] = []
  if (preference.lambda !== undefined) parts.push(`lambda ${preference.lambda}`)
  for (const list of preference.allow ?? []) parts.push(`allow ${list.join(',')}`)
  if (preference.deny !== undefined && preference.deny.length > 0) parts.push(`deny ${preference.deny.join(',')}`)
  return parts.join('; ')
}

function isoDate(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}

/** @returns whether there was such a key to revoke. */
export async function revokeKey(session: KeysSession, id: string): Promise<boolean> {
  const revoked = await session.keys.revoke(id, Math.floor(session.clock.now()))
  if (revoked) session.terminal.note(`Revoked ${id}.`)
  return revoked
}

interface CreateOptions extends ConfigFlags {
  readonly name: string
  readonly scope: readonly KeyScope[]
  readonly dailyCapUsd?: number
  readonly team?: string
  readonly feedbackShare?: number
  readonly lambda?: number
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
}

/** Adds `keys create`, `keys list` and `keys revoke`. `open` gets the flags that say where the database is. */
export function addKeysCommand(program: Command, open: (flags: ConfigFlags) => Promise<KeysSession>): void {
  const keys = program.command('keys').description('issue, list and revoke API keys')

  const create = withConfigFlags(keys.command('create'))
    .description('issue a key and print its secret, once')
    .requiredOption('--name <name>', 'what it is for, for people', someText)
    .addOption(new Option('--scope <scope...>', 'what it may do').choices(scopes).default(['inference']))
    .option('--daily-cap-usd <usd>', 'hard stop on its spend per UTC day', notNegative)
    .option('--team <name>', 'whose budget its spend counts for, too: teams in the configuration', teamName)
    .option(
      '--feedback-share <share>',
      'of what is said of an LLM, how much this key may come to: 0 to 1; 1: it is trusted',
      shareOfOne,
    )
    .option('--lambda <number>', 'willingness to pay of its requests, unless they say otherwise', notNegative)
    .option('--allow <pattern...>', 'LLMs its requests may use: ids with *, or tag:<word>')
    .option('--deny <pattern...>', 'LLMs its requests may not use')
  create.action(async (options: CreateOptions) => {
    const wanted: NewKey = {
      name: options.name,
      scopes: [...new Set(options.scope)],
      dailyCapUsd: options.dailyCapUsd,
      team: options.team,
      feedbackShare: options.feedbackShare,
      lambda: options.lambda,
      allow: options.allow,
      deny: options.deny,
    }
    await during(open(options), (session) => createKey(session, wanted)).catch((error: unknown) => {
      if (!(error instanceof RoutingError) || error.code !== 'invalid_preference') throw error
      create.error(`error: ${error.message.replace('pointsman.', '--')}`)
    })
  })

  withConfigFlags(keys.command('list'))
    .description('show all keys, never their secrets')
    .action((options: ConfigFlags) => during(open(options), listKeys))

  const revoke = withConfigFlags(keys.command('revoke')).description('end a key for good').argument('<id>', 'as listed')
  revoke.action(async (id: string, options: ConfigFlags) => {
    const revoked = await during(open(options), (session) => revokeKey(session, id))
    if (!revoked) revoke.error(`error: no active key has the id '${id}'`)
  })
}

async function during<T>(opening: Promise<KeysSession>, work: (session: KeysSession) => Promise<T>): Promise<T> {
  const session = await opening
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

function someText(text: string): string {
  const trimmed = text.trim()
  if (trimmed === '') throw new InvalidArgumentError('It must not be empty.')
  return trimmed
}

function teamName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text)) return text
  throw new InvalidArgumentError('It must be letters, digits, dots, dashes and underscores.')
}

function notNegative(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('It must be a number of at least 0.')
  return value
}

function shareOfOne(text: string): number {
  const value = notNegative(text)
  if (value > 1) throw new InvalidArgumentError('It must be a number from 0 to 1.')
  return value
}
