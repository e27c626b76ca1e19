import { type ChatEvent, isJsonObject, type JsonObject } from '../chat-provider.ts'

/**
 * Mistral's reasoning models answer with a list of chunks where chat completions have a text: thinking, text, references.
 * Text stays `content`, thinking becomes `reasoning_content`. Bodies without such lists come back as they are.
 */
export function withPlainContent(body: JsonObject): JsonObject {
  const { choices } = body
  if (!Array.isArray(choices)) return body
  let changed = false
  const plain = choices.map((choice: unknown) => {
    if (!isJsonObject(choice)) return choice
    const field = isJsonObject(choice.delta) ? 'delta' : 'message'
    const said = choice[field]
    if (!isJsonObject(said) || !Array.isArray(said.content)) return choice
    changed = true
    return { ...choice, [field]: { ...said, ...plainContent(said.content) } }
  })
  return changed ? { ...body, choices: plain } : body
}

/** The same for the events of a stream. */
export async function* withPlainChunks(events: AsyncIterable<ChatEvent>): AsyncGenerator<ChatEvent, void, undefined> {
  for await (const event of events) {
    yield event.type === 'finished' ? event : { ...event, chunk: withPlainContent(event.chunk) }
  }
}

function plainContent(chunks: readonly unknown[]): JsonObject {
  const known = chunks.filter(isJsonObject)
  const thoughts = known.flatMap((chunk) => (chunk.type === 'thinking' ? [textIn(chunk.thinking)] : []))
  return {
    content: textIn(known),
    ...(thoughts.length === 0 ? {} : { reasoning_content: thoughts.join('') }),
  }
}

function textIn(chunks: unknown): string {
  if (typeof chunks === 'string') return chunks
  if (!Array.isArray(chunks)) return ''
  return chunks
    .map((chunk: unknown) =>
      isJsonObject(chunk) && chunk.type === 'text' && typeof chunk.text === 'string' ? chunk.text : '',
    )
    .join('')
}
