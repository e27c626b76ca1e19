/** Mean quality of one LLM on the prompts of one unit: a task's share of one cluster. */
export interface AbilityCell {
  readonly llm: number
  readonly unit: number
  readonly count: number
  /** [0, 1] */
  readonly mean: number
  /** Of the qualities, unbiased: graded ones vary less than q(1 − q). */
  readonly variance: number
}

/** q = σ(ability + ease). */
export interface Abilities {
  readonly ability: Float64Array
  readonly ease: Float64Array
  /** ability = intercept + slope·x + N(0, deviation²). */
  readonly intercept: number
  readonly slope: number
  readonly deviation: number
  /** Deviation of an LLM's ability between units. */
  readonly transferDeviation: number
}

const rounds = 60

/** The slope of the cold start's prior at q̂ = .7, .1/(.7·.3) logits per decade (mathematics §5), and how firmly it is held. */
const priorSlope = 0.48
const priorSlopeDeviation = 0.25

/** Spreads before there are data, logits, and the LLMs or cells that this guess counts for. */
const priorDeviation = 0.6
const priorTransfer = 0.5
const priorCount = 5

/** Of the ease of a unit around 0: wide, so that data decide. */
const easeDeviation = 2

/**
 * Abilities of LLMs and ease of units by a Rasch model (1960) on mean qualities: ability ~ N(a + b·x, τ²) with x the log price, so
 * that what was measured little stays near its price, and a variance ω² between units beyond that of sampling. Penalised
 * quasi-likelihood, by turns: abilities and ease by one Newton step each, a and b by regression of abilities on x, τ² and ω² by
 * their moments. Sets that share no LLM are joined by the price line.
 *
 * @param prices x of each LLM, log₁₀ USD; NaN stands at the mean.
 */
export function fitAbilities(cells: readonly AbilityCell[], prices: Float64Array, units: number): Abilities {
  const llms = prices.length
  const x = centred(prices)
  const ability = new Float64Array(llms)
  const ease = new Float64Array(units)
  let line = { intercept: 0, slope: priorSlope }
  let deviation = priorDeviation
  let transfer = priorTransfer
  for (let round = 0; round < rounds; round++) {
    const expected = x.map((value) => line.intercept + line.slope * value)
    newtonStep(cells, ability, ease, 'llm', expected, deviation, transfer)
    newtonStep(cells, ability, ease, 'unit', new Float64Array(units), easeDeviation, transfer)
    line = regress(x, ability, deviation)
    deviation = spread(ability, x, line)
    transfer = transferSpread(cells, ability, ease)
  }
  return { ability, ease, intercept: line.intercept, slope: line.slope, deviation, transferDeviation: transfer }
}

export function logistic(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}

function centred(prices: Float64Array): Float64Array {
  const known = prices.filter((price) => !Number.isNaN(price))
  const mean = known.length === 0 ? 0 : known.reduce((sum, price) => sum + price, 0) / known.length
  return prices.map((price) => (Number.isNaN(price) ? 0 : price - mean))
}

/** One damped Newton step of the abilities or the ease, each towards its expectation with the given deviation. */
function newtonStep(
  cells: readonly AbilityCell[],
  ability: Float64Array,
  ease: Float64Array,
  which: 'llm' | 'unit',
  expected: Float64Array,
  deviation: number,
  transfer: number,
): void {
  const values = which === 'llm' ? ability : ease
  const slope = values.map((value, i) => (expected[i]! - value) / deviation ** 2)
  const curvature = new Float64Array(values.length).fill(1 / deviation ** 2)
  for (const cell of cells) {
    const q = logistic(ability[cell.llm]! + ease[cell.unit]!)
    const information = Math.max(1e-3, q * (1 - q))
    // Sampling error and what the model misses, on the scale of logits.
    const weight = 1 / (1 / (cell.count * information) + transfer ** 2)
    slope[cell[which]]! += (weight * (cell.mean - q)) / information
    curvature[cell[which]]! += weight
  }
  for (let i = 0; i < values.length; i++) {
    values[i]! += Math.min(1, Math.max(-1, slope[i]! / curvature[i]!))
  }
}

function regress(
  x: Float64Array,
  ability: Float64Array,
  deviation: number,
): { readonly intercept: number; readonly slope: number } {
  const mean = ability.reduce((sum, value) => sum + value, 0) / ability.length
  let xx = 0
  let xy = 0
  for (let i = 0; i < x.length; i++) {
    xx += x[i]! ** 2
    xy += x[i]! * (ability[i]! - mean)
  }
  const held = deviation ** 2 / priorSlopeDeviation ** 2
  return { intercept: mean, slope: (xy + held * priorSlope) / (xx + held) }
}

function spread(
  ability: Float64Array,
  x: Float64Array,
  line: { readonly intercept: number; readonly slope: number },
): number {
  let squares = priorCount * priorDeviation ** 2
  for (let i = 0; i < x.length; i++) squares += (ability[i]! - line.intercept - line.slope * x[i]!) ** 2
  return Math.sqrt(squares / (x.length + priorCount))
}

/** Moments: E(ȳ − q)² = s²/n + ω²·(q(1 − q))². */
function transferSpread(cells: readonly AbilityCell[], ability: Float64Array, ease: Float64Array): number {
  let excess = priorCount * priorTransfer ** 2 * 0.04
  let weight = priorCount * 0.04
  for (const cell of cells) {
    const q = logistic(ability[cell.llm]! + ease[cell.unit]!)
    const information = q * (1 - q)
    excess += (cell.mean - q) ** 2 - cell.variance / cell.count
    weight += information ** 2
  }
  return Math.sqrt(Math.max(0.01, excess / weight))
}
