import type { ChatCompletion, ChunkEvent } from '../../providers/chat-provider.ts'
import type { AnswerReceipt, AnswerWriter } from '../answer-writer.ts'
import { type AnswerSaid, answerSaid, GatheredAnswer } from './gathered-answer.ts'

/** Writes as another writer does, and tells what a whole answer said once it is written. A broken one is not told. */
export class JudgedWriter implements AnswerWriter {
  readonly #writer: AnswerWriter
  readonly #gathered: GatheredAnswer
  readonly #onWhole: (said: AnswerSaid | undefined, receipt: AnswerReceipt) => void

  /** @param onWhole `said` is undefined where it was too long. Never throws. */
  constructor(
    writer: AnswerWriter,
    maxCharacters: number,
    onWhole: (said: AnswerSaid | undefined, receipt: AnswerReceipt) => void,
  ) {
    this.#writer = writer
    this.#gathered = new GatheredAnswer(maxCharacters)
    this.#onWhole = onWhole
  }

  complete(completion: ChatCompletion, receipt: AnswerReceipt): void {
    this.#writer.complete(completion, receipt)
    this.#onWhole(answerSaid(completion), receipt)
  }

  open(receipt: AnswerReceipt): void {
    this.#writer.open(receipt)
  }

  chunk(event: ChunkEvent): Promise<void> | undefined {
    this.#gathered.add(event)
    return this.#writer.chunk(event)
  }

  finish(receipt: AnswerReceipt): void {
    this.#writer.finish(receipt)
    this.#onWhole(this.#gathered.said, receipt)
  }

  fail(error: unknown): void {
    this.#writer.fail(error)
  }
}
