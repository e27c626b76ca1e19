import { crc32 } from 'node:zlib'

/**
 * One message of AWS's event stream encoding: total length, length of the headers, checksum of both; headers, payload; checksum of
 * all. Every header is a text: its name's length and name, type 7, its length and text. Written from AWS's description of the
 * format, without the library that reads it.
 */
export function eventFrame(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const body = Buffer.from(payload)
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => textHeader(name, value)))
  const length = 12 + head.length + body.length + 4
  const frame = Buffer.alloc(length)
  frame.writeUInt32BE(length, 0)
  frame.writeUInt32BE(head.length, 4)
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8)
  head.copy(frame, 12)
  body.copy(frame, 12 + head.length)
  frame.writeUInt32BE(crc32(frame.subarray(0, length - 4)), length - 4)
  return frame
}

export function event(type: string, payload: unknown): Buffer {
  const headers = { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }
  return eventFrame(headers, JSON.stringify(payload))
}

export function exception(type: string, payload: unknown): Buffer {
  const headers = { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' }
  return eventFrame(headers, JSON.stringify(payload))
}

function textHeader(name: string, value: string): Buffer {
  const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)]
  const header = Buffer.alloc(1 + nameBytes.length + 3 + valueBytes.length)
  header.writeUInt8(nameBytes.length, 0)
  nameBytes.copy(header, 1)
  header.writeUInt8(7, 1 + nameBytes.length)
  header.writeUInt16BE(valueBytes.length, 2 + nameBytes.length)
  valueBytes.copy(header, 4 + nameBytes.length)
  return header
}
