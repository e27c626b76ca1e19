import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { SseWriter } from './sse-writer.ts'

it('waits once for a client that reads slowly, however many events are sent', async () => {
  const response = Object.assign(new EventEmitter(), { destroyed: false, write: () => false })
  const writer = new SseWriter(response as unknown as ServerResponse)
  const waits = Array.from({ length: 100 }, () => writer.send('{}'))
  expect(response.listenerCount('drain')).toBe(1)
  expect(response.listenerCount('close')).toBe(1)
  response.emit('drain')
  for (const wait of waits) await wait
  expect(response.listenerCount('drain')).toBe(0)
  const again = writer.send('{}')
  expect(response.listenerCount('drain')).toBe(1)
  response.emit('close')
  await again
})
