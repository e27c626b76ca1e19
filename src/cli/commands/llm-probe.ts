import type { ProbeOrder } from '../../gateway/onboarding/onboarding-desk.ts'
import { toReportBody } from '../../gateway/wire/admin-llm-body.ts'
import type { OnboardingReport } from '../../probing/onboard-llm.ts'
import type { LlmsSession } from '../open-llms.ts'
import { renderOnboardingReport } from '../terminal/onboarding-report.ts'
import { ProbeProgressBar } from '../terminal/probe-progress-bar.ts'

const drawEveryMs = 200

/**
 * Probes LLMs one after the other, each with a bar, and prints where they land.
 *
 * @param stopped asked once, when the first run begins; ends the present run, and those behind it do not begin.
 * @returns whether all were admitted.
 */
export async function probeLlms(
  { desk, terminal }: LlmsSession,
  orders: readonly ProbeOrder[],
  { stopped, json }: { readonly stopped: () => Promise<unknown>; readonly json: boolean },
): Promise<boolean> {
  let isStopped = false
  let current: string | undefined
  void stopped().then(() => {
    isStopped = true
    if (current !== undefined) void desk.stop(current)
  })
  const reports: { readonly llm: string; readonly report: OnboardingReport }[] = []
  for (const order of orders) {
    if (isStopped) break
    const run = await desk.start(order)
    current = run.id
    const ended = desk.ended(run.id)
    if (isStopped) await desk.stop(run.id)
    const report =
      ended === undefined ? await reportOf(desk, run.id) : await follow(desk, run.id, order.llm, ended, terminal)
    reports.push({ llm: order.llm, report })
    if (!json) terminal.out(`${renderOnboardingReport(order.llm, report, terminal.colours)}\n`)
    if (report.status === 'stopped') terminal.note('The same command goes on where it was.')
  }
  if (json) {
    const bodies = reports.map(({ llm, report }) => ({ llm, ...toReportBody(report) }))
    terminal.out(JSON.stringify(bodies, undefined, 2))
  }
  return reports.length === orders.length && reports.every(({ report }) => report.status === 'admitted')
}

type Ended = NonNullable<ReturnType<LlmsSession['desk']['ended']>>

async function follow(
  desk: LlmsSession['desk'],
  id: string,
  llm: string,
  ended: Ended,
  terminal: LlmsSession['terminal'],
): Promise<OnboardingReport> {
  const bar = new ProbeProgressBar(`probing ${llm}`, terminal)
  const timer = setInterval(() => {
    const progress = desk.progress(id)
    if (progress !== undefined) bar.show(progress)
  }, drawEveryMs)
  try {
    const { report } = await ended
    bar.close(report.status)
    return report
  } catch (error) {
    bar.close('failed')
    throw error
  } finally {
    clearInterval(timer)
  }
}

/** Of a run that had nothing to ask and ended before anybody could look. */
async function reportOf(desk: LlmsSession['desk'], id: string): Promise<OnboardingReport> {
  const view = await desk.run(id)
  return JSON.parse(view?.run.report ?? '{}') as OnboardingReport
}
