/**
 * Dot products of a query with 2,000 rows of 64: the WebAssembly kernel beside a loop over 64-bit floats, alternating
 * rounds. Run: npm exec -- node bench/nearest-rows.ts
 */
import { DotRows } from '../src/routing/numeric/dot-rows.ts'
import { SeededRandom } from '../src/routing/numeric/random-source.ts'

const n = 2000
const d = 64
const rounds = 21
const callsPerRound = 200

const random = new SeededRandom(1)
const rows = Float32Array.from({ length: n * d }, () => random.next() - 0.5)
const query = Float32Array.from({ length: d }, () => random.next() - 0.5)
const wide = Float64Array.from(rows)
const wideQuery = Float64Array.from(query)
const products = new Float64Array(n)
const kernel = new DotRows(rows, d)

const times = { kernel: [] as number[], loop: [] as number[] }
for (let round = 0; round < rounds; round++) {
  times.kernel.push(microseconds(() => kernel.compute(query)))
  times.loop.push(microseconds(loop))
}
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!
const [kernelUs, loopUs] = [median(times.kernel), median(times.loop)]
console.log(`Node ${process.version}; ${n} rows × ${d}; medians of ${rounds} alternating rounds`)
console.log(`kernel ${kernelUs.toFixed(1)} µs, loop ${loopUs.toFixed(1)} µs, ratio ${(loopUs / kernelUs).toFixed(1)}`)

function microseconds(work: () => void): number {
  const start = performance.now()
  for (let i = 0; i < callsPerRound; i++) work()
  return (1000 * (performance.now() - start)) / callsPerRound
}

function loop(): void {
  for (let row = 0; row < n; row++) {
    let sum0 = 0
    let sum1 = 0
    let sum2 = 0
    let sum3 = 0
    for (let j = row * d, k = 0; k < d; j += 4, k += 4) {
      sum0 += wide[j]! * wideQuery[k]!
      sum1 += wide[j + 1]! * wideQuery[k + 1]!
      sum2 += wide[j + 2]! * wideQuery[k + 2]!
      sum3 += wide[j + 3]! * wideQuery[k + 3]!
    }
    products[row] = sum0 + sum1 + (sum2 + sum3)
  }
}
