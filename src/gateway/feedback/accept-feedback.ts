import type { DecisionStore, StoredDecision } from '../../routing/decision-store.ts'
import type { FeedbackReceipt, FeedbackStore, InfluenceCap } from '../../routing/feedback-store.ts'
import type { LlmRegistry } from '../../routing/registry/llm-registry.ts'
import { GatewayError } from '../gateway-error.ts'
import type { LabelSink } from '../gateway-parts.ts'
import { namedConversationId } from '../wire/conversation-id.ts'
import type { FeedbackRequest } from '../wire/feedback-request.ts'
import { type LabelDraft, toLabelDrafts } from './to-labels.ts'

/** Answers of a conversation that one statement labels. */
const maxConversationLabels = 32

/** What taking feedback needs from outside. */
export interface FeedbackIntake {
  readonly decisions: Pick<DecisionStore, 'get' | 'ofConversation'>
  readonly feedback: Pick<FeedbackStore, 'accept'>
  readonly labels: LabelSink
  readonly pool: Pick<LlmRegistry, 'get'>
  /** Waits for a store, no longer than the caller should. */
  readonly inTime: <T>(operation: Promise<T>) => Promise<T>
}

/** Who says something. */
export interface FeedbackSpeaker {
  readonly keyId: string | undefined
  /** As in {@link FeedbackStore.accept}. */
  readonly visibleTo: string | undefined
  readonly cap: InfluenceCap | undefined
}

/** What became of one label. */
export interface LabelReceipt {
  readonly decisionId: string
  /** What it was to weigh. */
  readonly asked: number
  readonly receipt: FeedbackReceipt
}

/**
 * Turns a statement into labels and hands each to the store, and from there to learning as soon as it is committed: whoever stops waiting loses
 * no label.
 *
 * @returns a receipt for each label in order, those of a conversation from its latest answer on; empty when the conversation has no answer.
 * @throws {GatewayError} `invalid_request` for a demonstration of an LLM that is neither of the pool nor of the decision, `unknown_decision`
 */
export async function acceptFeedback(
  intake: FeedbackIntake,
  request: FeedbackRequest,
  speaker: FeedbackSpeaker,
): Promise<readonly LabelReceipt[]> {
  const ids = await decisionsOf(intake, request.about, speaker)
  const drafted = await Promise.all(
    ids.map(async (decisionId) => ({ decisionId, drafts: await draftsFor(intake, decisionId, request, speaker) })),
  )
  return Promise.all(
    drafted.flatMap(({ decisionId, drafts }) =>
      drafts.map((draft, i) => give(intake, decisionId, { draft, i, of: ids.length }, request, speaker)),
    ),
  )
}

function decisionsOf(
  { decisions, inTime }: FeedbackIntake,
  about: FeedbackRequest['about'],
  { keyId, visibleTo }: FeedbackSpeaker,
): Promise<readonly string[]> | readonly string[] {
  if ('decisionId' in about) return [about.decisionId]
  const { conversationId: given } = about
  const id = /^c-[0-9a-f]{32}$/.test(given) ? given : namedConversationId(given, keyId)
  return inTime(decisions.ofConversation(id, visibleTo, maxConversationLabels))
}

async function draftsFor(
  { decisions, pool, inTime }: FeedbackIntake,
  decisionId: string,
  { said, source }: FeedbackRequest,
  { visibleTo }: FeedbackSpeaker,
): Promise<LabelDraft[]> {
  const isOfPool = said.kind === 'demonstration' && pool.get(said.llm) !== undefined
  const needsDecision =
    said.kind === 'demonstration' ? !isOfPool : said.kind === 'verdict' && said.verdict === 'stronger_than_needed'
  if (!needsDecision) return toLabelDrafts(said, source, undefined)
  const stored = await inTime(decisions.get(decisionId))
  const isSeen = stored !== undefined && (visibleTo === undefined || visibleTo === stored.decision.keyId)
  // The store says what is wrong with a decision that cannot be judged; an LLM is nobody's business before that.
  if (isSeen && said.kind === 'demonstration') requireOfDecision(said.llm, stored)
  return toLabelDrafts(said, source, isSeen ? stored : undefined)
}

function requireOfDecision(llm: string, { decision: { candidates, excluded } }: StoredDecision): void {
  if ([...candidates, ...excluded].some((one) => one.llm === llm)) return
  const message = `There is no LLM '${llm.slice(0, 100)}', neither in the pool nor among those the decision was about`
  throw new GatewayError('invalid_request', message, { param: 'demonstration.llm' })
}

async function give(
  { feedback, labels, inTime }: FeedbackIntake,
  decisionId: string,
  { draft, i, of }: { readonly draft: LabelDraft; readonly i: number; readonly of: number },
  { idempotencyKey, atMs }: FeedbackRequest,
  { keyId, visibleTo, cap }: FeedbackSpeaker,
): Promise<LabelReceipt> {
  const asked = draft.weight / of
  // Within a decision a key stands for one label.
  const key = idempotencyKey === undefined || i === 0 ? idempotencyKey : `${idempotencyKey}#${i}`
  const message = { ...draft, weight: asked, decisionId, receivedAtMs: atMs, keyId, idempotencyKey: key }
  const accepting = feedback.accept(message, visibleTo, cap)
  // Not behind the wait: what is committed after we gave up on it is still to be learned.
  accepting.then((receipt) => teach(labels, receipt), ignore)
  return { decisionId, asked, receipt: await inTime(accepting) }
}

/** A duplicate may repeat what was committed when its answer got lost, and the label with it. */
function teach(labels: LabelSink, receipt: FeedbackReceipt): void {
  if (receipt.status === 'accepted') labels.accept(receipt.label)
  else if (receipt.status === 'duplicate') labels.nudge?.(receipt.sequence)
  if ('withdrawn' in receipt && receipt.withdrawn !== undefined) labels.accept(receipt.withdrawn)
}

function ignore(): void {}
