/** A process that begins a refit of the database given and says when the fit is under way; for tests that end it without warning. */
import { refitInWorker } from '../../src/training/refit-in-worker.ts'
import { RefitScheduler } from '../../src/training/refit-scheduler.ts'
import { openRefitStorage, refitRouter } from './refit-log.ts'

const storage = await openRefitStorage(process.argv[2]!)
const refits = new RefitScheduler(
  {
    router: await refitRouter(storage),
    stores: storage,
    clock: { now: () => 50_000 },
    refit: (request, run) =>
      refitInWorker(request, { ...run, onProgress: ({ phase, done }) => console.log(`${phase} ${done}`) }),
    changed: async () => undefined,
    onEnd: (end) => console.log(end.status),
  },
  { afterLabels: 10, everyHours: 0, promotion: 'immediate', keepVersions: 20 },
)
await refits.run()
await storage.close()
