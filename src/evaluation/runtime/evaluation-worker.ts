import { parentPort, workerData } from 'node:worker_threads'
import { readOutcomeData } from '../../outcomes/read-outcome-data.ts'
import { WorkerCache } from '../protocol.ts'
import { loadProtocol } from '../protocols/load-protocol.ts'
import type { MessageFromWorker, MessageToWorker, WorkerSetup } from './worker-messages.ts'

/** Progress inside a unit is told no oftener than this. */
const progressEveryMs = 500

const { dataFolder, protocol: name } = workerData as WorkerSetup
const port = parentPort!
const send = (message: MessageFromWorker): void => port.postMessage(message)

const data = await readOutcomeData(dataFolder)
const protocol = await loadProtocol(name)
const cache = new WorkerCache()

port.on('message', ({ unit }: MessageToWorker) => {
  const start = performance.now()
  let told = start
  const onProgress = (share: number): void => {
    const now = performance.now()
    if (now - told < progressEveryMs) return
    told = now
    send({ kind: 'progress', key: unit.key, share })
  }
  protocol.run(data, unit, cache, onProgress).then(
    (output) => {
      const seconds = (performance.now() - start) / 1000
      send({ kind: 'finished', key: unit.key, output: JSON.stringify(output), seconds })
    },
    (error: unknown) => send({ kind: 'failed', key: unit.key, error }),
  )
})
send({ kind: 'ready' })
