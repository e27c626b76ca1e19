/** The only way randomness enters the domain; its state is part of every snapshot that depends on it. */
export interface RandomSource {
  /** Uniform on [0, 1), 32 bits of resolution. */
  next(): number
}

/** Mulberry32: 32 bits of state, so that a snapshot is one integer. Not for secrets. */
export class SeededRandom implements RandomSource {
  #state: number

  /** @param seed any integer; taken modulo 2³². */
  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** Restoring `new SeededRandom(state)` continues the same sequence. */
  get state(): number {
    return this.#state
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** One standard normal draw by Box and Muller (1958); consumes two uniforms. */
export function nextNormal(random: RandomSource): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()))
  return radius * Math.cos(2 * Math.PI * random.next())
}

/** Fisher–Yates shuffle in place. */
export function shuffle(items: { length: number; [index: number]: number }, random: RandomSource): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    const kept = items[i]!
    items[i] = items[j]!
    items[j] = kept
  }
}
