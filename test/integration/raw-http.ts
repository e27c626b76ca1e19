import { connect } from 'node:net'

export interface RawAnswer {
  /** 0 when the connection closed without an answer. */
  readonly status: number
  readonly text: string
  /** The last body received, parsed; undefined when it is no JSON. */
  readonly json: unknown
}

/**
 * Sends bytes as they are and reads until `answers` came whole, the server closes, or `patienceMs` pass in silence.
 * @returns the first answer; `text` holds all.
 */
export function sendRaw(url: string, bytes: string | Uint8Array, patienceMs = 400, answers = 1): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    let timer: ReturnType<typeof setTimeout> | undefined
    const wait = () => {
      clearTimeout(timer)
      timer = setTimeout(() => socket.destroy(), patienceMs)
    }
    socket.setEncoding('utf8')
    socket.on('connect', () => {
      socket.write(bytes)
      wait()
    })
    socket.on('data', (chunk: string) => {
      text += chunk
      if (countWhole(text) >= answers) socket.destroy()
      else wait()
    })
    // A reset after the answer is as good as an end.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(parseAnswer(text))
    })
  })
}

/** Whole answers with a content-length in ASCII text. */
function countWhole(text: string): number {
  const end = text.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, Math.max(0, end)))?.[1]
  if (length === undefined) return 0
  const next = end + 4 + Number(length)
  return text.length < next ? 0 : 1 + countWhole(text.slice(next))
}

function parseAnswer(text: string): RawAnswer {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)
  const body = text.slice(text.indexOf('\r\n\r\n') + 4)
  return { status, text, json: tryParse(body) }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
