import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { checkReply, generateTask } from '../../src/providers/simulated/task-suite.ts'
import { type RandomSource, SeededRandom } from '../../src/routing/numeric/random-source.ts'
import { type GatewayProcess, startGateway } from './gateway-process.ts'
import { type CommitPoint, killedAtCommit } from './kill-at-commit.ts'
import { learnedStates, type SavedVersions, savedVersions } from './killed-database.ts'

/** Loops that ask and judge at a time. */
const callers = 16
/** A gateway lives so long before it is killed, at random; its start is not counted. */
const lifeMs = [100, 1500] as const
/** Where a refit is committed: each step of handing it over, and what the version before had learned. */
const commits: readonly Pick<CommitPoint, 'operation' | 'skip'>[] = [
  { operation: 'saveVersion', skip: 0 },
  { operation: 'changeRollout', skip: 0 },
  { operation: 'pruneVersions', skip: 0 },
  { operation: 'saveVersion', skip: 0 },
  { operation: 'changeRollout', skip: 0 },
  { operation: 'saveLearnedState', skip: 0 },
]
/** One kill of so many comes before the step is sent to the database, the others up to so long after. */
const unsentEvery = 4
const longestCommitMs = 12
/** At commits refits are what is waited for: few callers, and few labels for the next ones to read. */
const callersAtCommits = 3
const labelsBetweenCommits = 60
const longestLifeMs = 240_000
/** Labels before the first kill, and how long the first refit may take: from then on it is a fitted version that learns. */
const firstLabels = 250
const firstRefitMs = 120_000
/** How often a caller judges an earlier answer anew instead of the one it just got. */
const secondThoughts = 0.2
/** Of what was acknowledged, how much is sent once more after each kill. */
const repeats = 0.02
const masterKey = 'pm-of-the-kill-stream'
const environment = { KILL_STREAM_KEY: masterKey }

/** JSON is YAML. Refits begin when they are asked for, and serve at once. */
const configuration = {
  providers: { sim: { kind: 'simulated' } },
  server: { master_key: 'env:KILL_STREAM_KEY' },
  feedback: { metrics: { checked: { type: 'boolean', weight: 2, noise: 0.2 } } },
  training: { refit_after_labels: 0, refit_every_hours: 0, promotion: 'immediate' },
  routing: { seed: 1 },
  database: 'pointsman.db',
  log_level: 'error',
}

/** One piece of feedback, as it is posted, again and again until it was acknowledged. */
interface Message {
  readonly body: { readonly idempotency_key: string; readonly response_id: string; readonly source: string }
  /** As the label is to hold it. */
  readonly value: number
  /** Its label's number; undefined until it was acknowledged. */
  sequence: number | undefined
}

export interface KillReport {
  readonly kills: number
  /** Kills while a refit was under way, as the answer to the last look at it said. */
  readonly killsInRefits: number
  readonly versions: number
  /** After kills at commits: how often the version before served still, how often it did though the new one was saved, and how often the new one did. */
  readonly afterCommits: { readonly before: number; readonly saved: number; readonly released: number }
  readonly acknowledged: number
  /** Posts whose answer a kill took away, and of those the ones that were there all the same. */
  readonly unanswered: number
  readonly committedUnanswered: number
  /** What went wrong; empty when every acknowledged label is there once and the learned state is that of an undisturbed run. */
  readonly faults: readonly string[]
  /** Bytes of learned state that were compared. */
  readonly comparedBytes: number
}

/**
 * Kills a served gateway again and again while answers are judged and versions are fitted from the log, then looks: is every acknowledged label in
 * the log once, under the number that was acknowledged; and is what the policy learned, bit for bit, what a gateway learns that was
 * never disturbed and folds the same labels from the first?
 *
 * @param at `random`: each gateway is killed some time after its start. `commits`: around a step of handing over a refit, which is looked at then:
 * at most one version more, and it or the one before serves.
 */
export async function runKillStream(
  kills: number,
  seed: number,
  at: 'random' | 'commits' = 'random',
): Promise<KillReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-kills-'))
  try {
    writeFileSync(path.join(folder, 'pointsman.yaml'), JSON.stringify(configuration))
    return await new KillStream(folder, seed).run(kills, at)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

class KillStream {
  readonly #folder: string
  readonly #random: RandomSource
  readonly #messages: Message[] = []
  readonly #faults: string[] = []
  #unanswered = 0
  #committedUnanswered = 0
  #killsInRefits = 0
  readonly #afterCommits = { before: 0, saved: 0, released: 0 }

  constructor(folder: string, seed: number) {
    this.#folder = folder
    this.#random = new SeededRandom(seed)
  }

  async run(kills: number, at: 'random' | 'commits'): Promise<KillReport> {
    await this.#untilFitted()
    for (let kill = 0; kill < kills; kill++) {
      await (at === 'random' ? this.#untilKilled() : this.#untilKilledAtCommit(kill))
    }
    const last = await startGateway(this.#folder, { environment })
    await this.#postAgain(last)
    if ((await last.stop()) !== 0) this.#faults.push('the last gateway did not end well')
    const versions = this.#checkLog()
    const comparedBytes = await this.#compareWithUndisturbed()
    return {
      kills,
      killsInRefits: this.#killsInRefits,
      versions,
      afterCommits: this.#afterCommits,
      acknowledged: this.#messages.filter(({ sequence }) => sequence !== undefined).length,
      unanswered: this.#unanswered,
      committedUnanswered: this.#committedUnanswered,
      faults: this.#faults,
      comparedBytes,
    }
  }

  async #untilFitted(): Promise<void> {
    const gateway = await startGateway(this.#folder, { environment })
    const life = { isOver: false }
    const loops = Array.from({ length: callers }, () => this.#judge(gateway, life))
    while (this.#messages.length < firstLabels) await wait(50)
    life.isOver = true
    await Promise.all(loops)
    await this.#refit(gateway)
    const untilMs = performance.now() + firstRefitMs
    while (performance.now() < untilMs && (await isStillRefitting(gateway))) await wait(100)
    await gateway.kill()
  }

  async #untilKilled(): Promise<void> {
    const gateway = await startGateway(this.#folder, { environment })
    await this.#postAgain(gateway)
    const life = { isOver: false }
    const loops = Array.from({ length: callers }, () => this.#judge(gateway, life))
    const [shortest, longest] = lifeMs
    const ms = shortest + (longest - shortest) * this.#random.next()
    const refitAfterMs = ms * this.#random.next()
    await wait(refitAfterMs)
    const began = await this.#refit(gateway)
    await wait(ms - refitAfterMs)
    if (began && (await isStillRefitting(gateway))) this.#killsInRefits += 1
    life.isOver = true
    await gateway.kill()
    await Promise.all(loops)
  }

  /** A refit that an earlier kill left saved is handed over by the schedule's first look; else one is asked for. */
  async #untilKilledAtCommit(kill: number): Promise<void> {
    const before = savedVersions(this.#folder)
    const afterMs = kill % unsentEvery === unsentEvery - 1 ? undefined : longestCommitMs * this.#random.next()
    const wasLeft = before.ids.length > 0 && before.ids.at(-1) !== before.serving
    const commit = commits[kill % commits.length]!
    // What is saved already is not saved again.
    const operation = wasLeft && commit.operation === 'saveVersion' ? 'changeRollout' : commit.operation
    const killed = { ...environment, ...killedAtCommit({ ...commit, operation, afterMs }) }
    // What was learned again from the log may be saved, and the gateway killed, before it serves. One that cannot start for another reason fails the last start.
    const gateway = await startGateway(this.#folder, { environment: killed }).catch(() => undefined)
    if (gateway === undefined) {
      this.#checkCommit(kill, operation, before)
      return
    }
    const life = { isOver: false }
    void gateway.ended.then(() => {
      life.isOver = true
    })
    const most = this.#messages.length + labelsBetweenCommits
    const loops = Array.from({ length: callersAtCommits }, () => this.#judge(gateway, life, most))
    if (!wasLeft) await this.#refit(gateway)
    const isKilled = await Promise.race([gateway.ended.then(() => true), wait(longestLifeMs, false, { ref: false })])
    if (!isKilled) this.#faults.push(`kill ${kill}: no ${operation} in ${longestLifeMs / 1000} s`)
    life.isOver = true
    await gateway.kill()
    await Promise.all(loops)
    this.#checkCommit(kill, operation, before)
  }

  #checkCommit(kill: number, operation: string, before: SavedVersions): void {
    const after = savedVersions(this.#folder)
    const added = after.ids.filter((id) => !before.ids.includes(id))
    const newest = after.ids.at(-1)
    const told = `kill ${kill} at ${operation}`
    if (added.length > 1) this.#faults.push(`${told}: ${added.length} versions came of one refit`)
    if (before.ids.some((id) => !after.ids.includes(id))) this.#faults.push(`${told}: a version is gone`)
    if (after.serving !== before.serving && after.serving !== newest) {
      this.#faults.push(`${told}: ${after.serving} serves, neither the version before nor the new one`)
    }
    const releases = after.releases.filter((id) => id === newest).length
    if (releases > 1) this.#faults.push(`${told}: ${newest} was released ${releases} times`)
    if (after.serving !== before.serving) this.#afterCommits.released++
    else if (newest !== before.serving) this.#afterCommits.saved++
    else this.#afterCommits.before++
  }

  /** Asks and judges until the gateway is gone, or there are so many messages. */
  async #judge(gateway: GatewayProcess, life: { readonly isOver: boolean }, most = Number.MAX_VALUE): Promise<void> {
    try {
      while (!life.isOver && this.#messages.length < most) {
        const task = generateTask(this.#random)
        const asked = { model: 'auto', messages: [{ role: 'user', content: task.prompt }] }
        const answer = (await post(gateway, '/v1/chat/completions', asked)) as Answer
        const quality = checkReply(task.prompt, answer.choices[0]?.message.content ?? '') ?? 0
        const again = this.#random.next() < secondThoughts
        const about = (again ? this.#earlier() : undefined) ?? answer.id
        await this.#post(gateway, this.#newMessage(about, again ? this.#random.next() : quality))
      }
    } catch (error) {
      // Of a kill that others brought about, the connection may tell first.
      await Promise.race([gateway.ended, wait(life.isOver ? 0 : 2_000)])
      if (!life.isOver) this.#faults.push(`a request failed before the kill: ${String(error)}`)
    }
  }

  #earlier(): string | undefined {
    const said = this.#messages.filter(({ sequence }) => sequence !== undefined)
    return said[Math.floor(this.#random.next() * said.length)]?.body.response_id
  }

  #newMessage(response_id: string, quality: number): Message {
    const [source, said, value] = this.#statement(quality)
    const body = { ...said, source, response_id, idempotency_key: `m${this.#messages.length}` }
    const message = { body, value, sequence: undefined }
    this.#messages.push(message)
    return message
  }

  #statement(quality: number): readonly [source: string, said: object, value: number] {
    const isGood = quality > 0.5
    const value = isGood ? 1 : 0
    const kind = Math.floor(this.#random.next() * 3)
    if (kind === 0) return ['user', { score: quality }, quality]
    if (kind === 1) return ['judge', { thumbs: isGood ? 'up' : 'down' }, value]
    return ['verifier', { metric: { name: 'checked', value: isGood } }, value]
  }

  async #post(gateway: GatewayProcess, message: Message): Promise<string> {
    const { sequence, status } = (await post(gateway, '/v1/feedback', message.body)) as Receipt
    if (message.sequence !== undefined && message.sequence !== sequence) {
      this.#faults.push(`${message.body.idempotency_key} was label ${message.sequence} and is ${sequence}`)
    }
    message.sequence = sequence
    return status
  }

  /** What a kill left without an answer is sent again, by the same id, and so is a part of what was answered. */
  async #postAgain(gateway: GatewayProcess): Promise<void> {
    for (const message of this.#messages) {
      const isOpen = message.sequence === undefined
      if (!isOpen && this.#random.next() >= repeats) continue
      const status = await this.#post(gateway, message)
      if (isOpen) this.#unanswered += 1
      if (isOpen && status === 'duplicate') this.#committedUnanswered += 1
    }
  }

  /** @returns whether one was begun. */
  async #refit(gateway: GatewayProcess): Promise<boolean> {
    try {
      await post(gateway, '/admin/policies/refit', {})
      return true
    } catch {
      return false
    }
  }

  /** @returns how many versions there are. */
  #checkLog(): number {
    const database = new DatabaseSync(path.join(this.#folder, 'pointsman.db'), { readOnly: true })
    const labels = database.prepare('SELECT sequence, decision_id, source, value FROM labels ORDER BY sequence').all()
    const versions = Number(database.prepare('SELECT count(*) AS count FROM policy_versions').get()?.count)
    const integrity = database.prepare('PRAGMA integrity_check').get()?.integrity_check
    database.close()
    if (integrity !== 'ok') this.#faults.push(`the database is damaged: ${String(integrity)}`)
    labels.forEach(({ sequence }, i) => {
      if (sequence !== i + 1) this.#faults.push(`label ${i + 1} is missing`)
    })
    const told = new Set<number>()
    for (const { body, value, sequence = 0 } of this.#messages) {
      const label = labels[sequence - 1]
      const isIt =
        label !== undefined &&
        body.response_id.endsWith(String(label.decision_id)) &&
        // A metric's source also names the metric.
        String(label.source).startsWith(body.source) &&
        label.value === value
      if (isIt) told.add(sequence)
      else this.#faults.push(`${body.idempotency_key} was acknowledged as label ${sequence}, which is not it`)
    }
    if (told.size !== labels.length) this.#faults.push(`${labels.length} labels for ${told.size} acknowledged ones`)
    return versions
  }

  /** Lets a gateway learn the log from the first label, in a copy without any learned state. @returns the bytes compared. */
  async #compareWithUndisturbed(): Promise<number> {
    const copy = mkdtempSync(path.join(tmpdir(), 'pointsman-undisturbed-'))
    try {
      for (const name of ['pointsman.yaml', 'pointsman.db']) {
        copyFileSync(path.join(this.#folder, name), path.join(copy, name))
      }
      const database = new DatabaseSync(path.join(copy, 'pointsman.db'))
      database.exec('DELETE FROM learned_states')
      database.close()
      const gateway = await startGateway(copy, { environment })
      await gateway.stop()
      const [disturbed, undisturbed] = [learnedStates(this.#folder), learnedStates(copy)]
      if (undisturbed.size === 0) this.#faults.push('the undisturbed gateway learned nothing')
      let bytes = 0
      for (const [version, state] of undisturbed) {
        const other = disturbed.get(version)
        bytes += state.length
        if (other === undefined || !other.equals(state)) this.#faults.push(`what ${version} learned differs`)
      }
      return bytes
    } finally {
      rmSync(copy, { recursive: true, force: true })
    }
  }
}

interface Answer {
  readonly id: string
  readonly choices: readonly { readonly message: { readonly content: string | null } }[]
}

interface Receipt {
  readonly sequence: number
  readonly status: string
}

async function post(gateway: GatewayProcess, route: string, body: object): Promise<unknown> {
  return sent(gateway, route, { method: 'POST', body: JSON.stringify(body) })
}

async function isStillRefitting(gateway: GatewayProcess): Promise<boolean> {
  return ((await sent(gateway, '/admin/policies', {})) as { readonly refit: unknown }).refit !== null
}

async function sent(gateway: GatewayProcess, route: string, request: RequestInit): Promise<unknown> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${masterKey}` }
  const response = await fetch(gateway.url + route, { ...request, headers })
  const body: unknown = await response.json()
  if (response.status !== 200) throw new Error(`${route}: ${response.status} ${JSON.stringify(body)}`)
  return body
}
