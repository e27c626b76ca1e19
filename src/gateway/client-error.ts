import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { toErrorResponse } from './error-response.ts'
import { GatewayError } from './gateway-error.ts'

const statusText: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/**
 * Answers what is not HTTP, too long or too slow with the usual envelope, by hand: the parser gave up on the request.
 *
 * @param latest the response to the last whole request head on this connection.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  requestId: string,
  latest: ServerResponse | undefined,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable || isOwed(latest)) {
    socket.destroy()
    return
  }
  const { status, body } = toErrorResponse(toGatewayError(error.code), requestId)
  const text = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${status} ${statusText[status] ?? 'Error'}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nx-request-id: ${requestId}\r\nconnection: close\r\n\r\n${text}`,
  )
}

/** Whether the client still waits for another answer here: ours would corrupt it, or be taken for it. */
function isOwed(latest: ServerResponse | undefined): boolean {
  if (latest === undefined || latest.writableFinished) return false
  return latest.headersSent || latest.req.complete
}

function toGatewayError(code: string | undefined): GatewayError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayError('headers_too_large', 'The request headers are too large')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('request_timeout', 'The request did not arrive in time')
    default:
      return new GatewayError('malformed_http', 'This is not a well-formed HTTP/1.1 request')
  }
}
