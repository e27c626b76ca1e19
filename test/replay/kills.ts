/**
 * kill -9 of a served gateway at random moments during a stream of feedback, refits under way or not, and what is left of it.
 *
 * `npm run build && node test/replay/kills.ts [kills, default 50] [seed] [random | commits]`
 *
 * `commits`: not at random moments, but around each step in which a refit is saved and handed over.
 */
import { runKillStream } from './kill-stream.ts'

const [kills = '50', seed = '1', at = 'random'] = process.argv.slice(2)
const started = performance.now()
const report = await runKillStream(Number(kills), Number(seed), at === 'commits' ? at : 'random')
console.log({ ...report, seconds: Math.round((performance.now() - started) / 1000) })
if (report.faults.length > 0) process.exitCode = 1
