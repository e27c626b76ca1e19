import { destination, type Logger, pino } from 'pino'
import type { LogLevel } from '../config/pointsman-config.ts'

/** JSON lines on standard error; synchronous, so that the last words of a dying process are not lost. */
export function createLogger(level: LogLevel): Logger {
  return pino({ level, base: null }, destination({ dest: 2, sync: true }))
}
