export type Json = Readonly<Record<string, unknown>>

/** A refusal in Amazon's form: the name in a header, the message in the body. */
export class BedrockRefusal extends Error {
  readonly status: number
  readonly type: string

  constructor(status: number, type: string, message: string) {
    super(message)
    this.status = status
    this.type = type
  }
}

export function invalid(message: string): BedrockRefusal {
  return new BedrockRefusal(400, 'ValidationException', message)
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
