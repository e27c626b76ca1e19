/** One step of a network, with the buffers it writes into; they are valid until its next call. */
export interface NetworkStage {
  readonly outputs: number
  /** @param x row-major [rows × inputs]; kept by reference for {@link backward}. @returns [rows × outputs]. */
  forward(x: Float64Array, rows: number, training: boolean): Float64Array
  /**
   * Adds to the gradients of its parameters.
   *
   * @param gradient of the loss with respect to the latest output, [rows × outputs]. @returns that with respect to its input.
   */
  backward(gradient: Float64Array, rows: number): Float64Array
}

/** `buffer` if it holds `length` numbers, else a new one that does. */
export function withRoom(buffer: Float64Array, length: number): Float64Array {
  return buffer.length >= length ? buffer : new Float64Array(length)
}
