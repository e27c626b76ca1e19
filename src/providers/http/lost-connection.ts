/** As Node, undici and undici's parser call the end of a socket that was still needed. */
const lostConnectionCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'HPE_INVALID_EOF_STATE'])

/** Whether the other side, or the network, ended the connection; false for our own aborts and timeouts. */
export function isLostConnection(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && lostConnectionCodes.has(String(cause.code))
}
