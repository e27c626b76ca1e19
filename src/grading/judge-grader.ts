import { randomUUID } from 'node:crypto'
import type { ChatMessage, ChatRequest, JsonObject } from '../providers/chat-provider.ts'
import type { AnswerToGrade, Grade, Grader } from './grader.ts'
import type { GraderSpec } from './grader-spec.ts'
import { GradingError } from './grading-error.ts'
import type { JudgeLlm } from './grading-services.ts'
import { absolutePrompt, bestScore, conversationText, pairwisePrompt } from './judge-prompt.ts'
import { readPreference, readScore } from './read-verdict.ts'

type JudgeSpec = Extract<GraderSpec, { kind: 'judge' }>

/** A sentence and a number; more where the judge has to think first. */
const maxJudgementTokens = 2_000

/**
 * Asks an LLM. Absolute: a score from 0 to 10, mapped to [0, 1]. Pairwise, where the specification has an answer to compare with: is it
 * better? Asked in both orders, because judges prefer a place (Zheng et al. 2023, arXiv:2306.05685, §3.4): 1 or 0 where both say the same, .5
 * for a tie or where they differ.
 *
 * The answer is shown between marks drawn anew for each question, and the judge is told that nothing between them speaks to it.
 *
 * @param newMark draws a mark that cannot be guessed.
 */
export function createJudgeGrader(spec: JudgeSpec, judge: JudgeLlm, newMark: () => string = randomUUID): Grader {
  const { against } = spec
  return {
    async grade(answer, signal) {
      const said = answerText(answer)
      if (said === '') return { quality: 0, reason: 'there is no answer' }
      const question = {
        conversation: conversationText(answer.request.messages),
        rubric: spec.rubric,
        reference: spec.reference,
        mark: newMark(),
      }
      if (against === undefined) {
        const asked = absolutePrompt({ ...question, answer: said })
        const { text, costUsd } = await ask(judge, asked, scoreFormat, signal)
        const score = readScore(text)
        if (score === undefined) throw new GradingError('not_graded', 'The judge gave no score')
        return { ...score, costUsd }
      }
      const forward = await preference(judge, pairwisePrompt(question, said, against), signal)
      const backward = await preference(judge, pairwisePrompt({ ...question, mark: newMark() }, against, said), signal)
      return compared(forward, backward)
    },
  }
}

const scoreFormat = responseFormat('score', { type: 'number', minimum: 0, maximum: bestScore })
const preferenceFormat = responseFormat('better', { type: 'string', enum: ['first', 'second', 'tie'] })

function responseFormat(field: string, schema: JsonObject): JsonObject {
  const properties = { reason: { type: 'string' }, [field]: schema }
  const object = { type: 'object', properties, required: ['reason', field], additionalProperties: false }
  return { type: 'json_schema', json_schema: { name: 'judgement', strict: true, schema: object } }
}

interface Preference {
  readonly better: 'first' | 'second' | 'tie'
  readonly reason: string | undefined
  readonly costUsd: number | undefined
}

async function preference(judge: JudgeLlm, messages: readonly ChatMessage[], signal: AbortSignal): Promise<Preference> {
  const { text, costUsd } = await ask(judge, messages, preferenceFormat, signal)
  const read = readPreference(text)
  if (read === undefined) throw new GradingError('not_graded', 'The judge did not say which answer is better')
  return { ...read, costUsd }
}

/** @param forward the answer stood first; in `backward` it stood second. */
function compared(forward: Preference, backward: Preference): Grade {
  const costUsd =
    forward.costUsd === undefined || backward.costUsd === undefined ? undefined : forward.costUsd + backward.costUsd
  const wins = forward.better === 'first' && backward.better === 'second'
  const loses = forward.better === 'second' && backward.better === 'first'
  if (wins || loses) return { quality: wins ? 1 : 0, reason: forward.reason, costUsd }
  return { quality: 0.5, reason: 'neither is better in both orders', costUsd }
}

/** @throws {GradingError} `not_graded` when the judge cannot be asked; its cause is why. */
async function ask(judge: JudgeLlm, messages: readonly ChatMessage[], format: JsonObject, signal: AbortSignal) {
  const request: ChatRequest = { messages, max_completion_tokens: maxJudgementTokens, response_format: format }
  try {
    return await judge.ask(request, signal)
  } catch (cause) {
    if (cause instanceof GradingError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new GradingError('not_graded', `The judge did not answer: ${why}`, { cause })
  }
}

/** Calls of tools are an answer too. */
function answerText({ text, toolCalls }: AnswerToGrade): string {
  const calls = toolCalls.map(({ name, arguments: given }) => `[calls the tool ${name} with ${given}]`)
  return [text.trim(), ...calls].filter((part) => part !== '').join('\n')
}
