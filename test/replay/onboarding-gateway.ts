import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openService, openStorage, type Service } from '../../src/cli/open-service.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { OutcomeData } from '../../src/outcomes/outcome-data.ts'
import type { OnboardingReport } from '../../src/probing/onboard-llm.ts'
import { toStoredPolicyVersion } from '../../src/routing/prediction/fitted-policy.ts'
import type { FitResult } from '../../src/training/fit-policy.ts'

const environment = { MASTER: 'sk-replay-0123456789', POINTSMAN_LOG: 'silent' }
const headers = { authorization: `Bearer ${environment.MASTER}`, 'content-type': 'application/json' }
const silent = { info: () => {}, warn: () => {}, error: () => {} }
const concurrency = 4

export interface Newcomer {
  readonly data: OutcomeData
  /** That answers as was recorded. */
  readonly upstreamUrl: string
  /** Columns of the LLMs that serve, and of the one that joins; undefined: nobody does. */
  readonly others: readonly number[]
  readonly column: number | undefined
  /** What serves before. */
  readonly without: FitResult
  /** Rows of `data` that it is probed with. */
  readonly probeRows: readonly number[]
  /** Of the gateway's draws. */
  readonly seed: number
}

/** A gateway that an LLM has joined by its probes; all of it through HTTP. */
export class OnboardingGateway {
  readonly service: Service
  /** Undefined: nobody joined. */
  readonly report: OnboardingReport | undefined
  readonly #url: string
  readonly #folder: string
  readonly #data: OutcomeData

  private constructor(
    service: Service,
    url: string,
    folder: string,
    data: OutcomeData,
    report: OnboardingReport | undefined,
  ) {
    this.service = service
    this.report = report
    this.#url = url
    this.#folder = folder
    this.#data = data
  }

  /** Resolves when the run has ended, whatever its end. */
  static async open(newcomer: Newcomer): Promise<OnboardingGateway> {
    const { data, column, without } = newcomer
    const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-onboarding-'))
    writeSet(path.join(folder, 'sets', 'recorded'), newcomer)
    writeFileSync(path.join(folder, 'pointsman.yaml'), configuration(newcomer))
    const config = loadConfig({ environment, folder, flags: {} })
    const storage = await openStorage(config)
    await storage.policies.saveEmbedder(without.embedder.id, without.embedder.snapshot())
    await storage.policies.saveVersion(toStoredPolicyVersion(without.policy))
    await storage.close()
    const service = await openService(config, environment, silent)
    const { url } = await service.gateway.listen('127.0.0.1', 0)
    if (column === undefined) return new OnboardingGateway(service, url, folder, data, undefined)
    const body = { ...entry(data, column), probe: { set: 'recorded', concurrency: 8 } }
    const added = await post<{ readonly run: string }>(`${url}/admin/llms`, body)
    return new OnboardingGateway(service, url, folder, data, await ended(url, added.run))
  }

  /** The recorded quality is posted behind each answer; returns when all of it is learned. @param rows of the data, in order. */
  async send(rows: readonly number[], lambda: number): Promise<void> {
    const { policy } = this.service.router
    const before = policy.labelSequence
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < rows.length) {
        const content = this.#data.prompts[rows[next++]!]!.text
        const answer = await post<Answer>(`${this.#url}/v1/chat/completions`, {
          model: `auto:${lambda}`,
          messages: [{ role: 'user', content }],
        })
        const score = answer.choices[0]!.message.content === 'right' ? 1 : 0
        await post(`${this.#url}/v1/feedback`, { response_id: answer.id, score })
      }
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
    while (this.service.router.policy.labelSequence < before + rows.length) await pause(20)
  }

  async close(): Promise<void> {
    await this.service.close()
    rmSync(this.#folder, { recursive: true })
  }
}

interface Answer {
  readonly id: string
  readonly choices: readonly { readonly message: { readonly content: string } }[]
}

async function ended(url: string, run: string): Promise<OnboardingReport> {
  for (;;) {
    const response = await fetch(`${url}/admin/probe-runs/${run}`, { headers })
    const view = (await response.json()) as { readonly status: string; readonly report: OnboardingReport }
    if (view.status !== 'running') return view.report
    await pause(50)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function post<T>(url: string, body: unknown): Promise<T> {
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

function configuration({ data, upstreamUrl, others, seed }: Newcomer): string {
  return JSON.stringify({
    server: { master_key: 'env:MASTER' },
    providers: { replay: { base_url: upstreamUrl } },
    llms: others.map((column) => entry(data, column)),
    probing: { sets: 'sets' },
    training: { refit_after_labels: 0 },
    routing: { seed },
  })
}

function entry(data: OutcomeData, column: number) {
  const { id, price } = data.llms[column]!
  const rates = price && { input: price.inputPerMillionTokensUsd, output: price.outputPerMillionTokensUsd }
  return { id, provider: 'replay', ...(rates && { price: rates }) }
}

/** Probes with what the others reached on them, as `pointsman probes build` writes them. */
function writeSet(folder: string, { data, probeRows, others }: Newcomer): void {
  mkdirSync(folder, { recursive: true })
  const lines = probeRows.map((row) => {
    const { id, source: task, text: prompt } = data.prompts[row]!
    return JSON.stringify({ id, task, prompt, grader: { kind: 'exact', answers: ['right'] } })
  })
  writeFileSync(path.join(folder, 'probes.jsonl'), lines.join('\n'))
  const models = others.map((column) => ({ id: data.llms[column]!.id }))
  writeFileSync(path.join(folder, 'models.json'), JSON.stringify(models))
  const cells = probeRows.flatMap((row) =>
    others.map((column) => {
      const quality = data.quality[row * data.llms.length + column]!
      return `${data.prompts[row]!.id},${data.llms[column]!.id},${quality}`
    }),
  )
  writeFileSync(path.join(folder, 'outcomes.csv'), `promptId,modelId,quality\n${cells.join('\n')}\n`)
}
