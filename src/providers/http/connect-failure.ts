/** No connection came about, so that nothing of the request was sent. The cause tells why. */
export class ConnectFailure extends Error {
  override readonly name = 'ConnectFailure'

  constructor(cause: unknown) {
    super('No connection', { cause })
  }
}
