import { RoutingError, requireDimension } from '../errors.ts'
import { dotRowsBinary } from './dot-rows-binary.ts'

/** Entries the kernel takes at a time; rows are padded with zeros to a multiple. */
const lanes = 16
const pageBytes = 65_536

/** The part of the global that is used; the domain sees ECMAScript only. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  dotRows(rows: number, query: number, out: number, n: number, rowBytes: number): void
}

/**
 * Dot products of a query with every row of a matrix, by WebAssembly SIMD: a tenth of the time of a loop over typed arrays at
 * 2,000 × 64 (bench/nearest-rows.ts). 32-bit sums in a fixed order: the same bits on every machine, within about 1e-6 of
 * exact for unit vectors.
 */
export class DotRows {
  /** Shape [n], of the latest {@link compute}; overwritten by the next. */
  readonly products: Float32Array
  readonly #kernel: Kernel
  readonly #query: Float32Array
  readonly #n: number
  readonly #rowBytes: number

  /** @param rows row-major, [n × d]; copied. @param d at least 1. */
  constructor(rows: Float32Array, d: number) {
    if (!(d >= 1)) throw new RoutingError('dimension_mismatch', `Rows need at least one entry, got ${d}`)
    const n = rows.length / d
    const stride = Math.ceil(d / lanes) * lanes
    this.#n = n
    this.#rowBytes = 4 * stride
    this.#kernel = newKernel()
    const { memory } = this.#kernel
    memory.grow(Math.ceil((4 * (n * stride + stride + n)) / pageBytes))
    const padded = new Float32Array(memory.buffer, 0, n * stride)
    for (let row = 0; row < n; row++) padded.set(rows.subarray(row * d, (row + 1) * d), row * stride)
    // The entries behind d stay zero, as the memory began.
    this.#query = new Float32Array(memory.buffer, 4 * n * stride, d)
    this.products = new Float32Array(memory.buffer, 4 * (n * stride + stride), n)
  }

  /** O(n·d), no allocation. */
  compute(query: Float32Array): void {
    requireDimension('The query', query.length, this.#query.length)
    this.#query.set(query)
    this.#kernel.dotRows(0, this.#query.byteOffset, this.products.byteOffset, this.#n, this.#rowBytes)
  }
}

function newKernel(): Kernel {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }
  const bytes = new Uint8Array(dotRowsBinary.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(dotRowsBinary.slice(2 * i, 2 * i + 2), 16)
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Kernel
}
