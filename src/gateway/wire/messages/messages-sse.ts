import type { SseWriter } from '../../streaming/sse-writer.ts'
import type { PointsmanExtension } from '../chat-answer-writer.ts'
import type { MessagesEvent } from './content-block-stream.ts'

/** A promise asks to wait: the caller reads slower than the LLM writes. */
export function sendEvent(sse: SseWriter, event: MessagesEvent): Promise<void> | undefined {
  return sse.send(JSON.stringify(event), event.type)
}

/** The last two events, which say what the answer cost. */
export function endMessage(sse: SseWriter, delta: MessagesEvent | undefined, pointsman: PointsmanExtension): void {
  if (delta !== undefined) void sendEvent(sse, { ...delta, pointsman })
  sse.end(JSON.stringify({ type: 'message_stop', ...(delta === undefined ? { pointsman } : {}) }), 'message_stop')
}

/** Whether a text can stand on a line of its own: as an event's name, in a header. */
export function isPlainName(text: string): boolean {
  return /^[\w.:-]{1,128}$/.test(text)
}
