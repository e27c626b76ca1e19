import type { NetworkStage } from './dense-network-stage.ts'

/** max(0, x), in the buffer it is given: nothing before it needs what it held. */
export class ReluStage implements NetworkStage {
  readonly outputs: number
  #output: Float64Array = new Float64Array(0)

  constructor(width: number) {
    this.outputs = width
  }

  forward(x: Float64Array, rows: number): Float64Array {
    this.#output = x
    for (let cell = 0; cell < rows * this.outputs; cell++) if (!(x[cell]! > 0)) x[cell] = 0
    return x
  }

  backward(gradient: Float64Array, rows: number): Float64Array {
    for (let cell = 0; cell < rows * this.outputs; cell++) if (this.#output[cell] === 0) gradient[cell] = 0
    return gradient
  }
}
