/** What a model's name says, however its provider spells it. Empty strings mark what the name does not say. */
export interface ModelName {
  /** Maker's series and tier in alphabetical order, such as `llama`, `gemini flash` or `claude sonnet`. */
  readonly line: string
  /** Generation, such as `3.1`, `4o` or `2.5`, with what marks another model of the same: `4o latest`, `1 preview`, `3.1 base`. */
  readonly version: string
  /** Parameters, such as `8b` or `8x7b`. */
  readonly size: string
  /** Digits of the release, such as `20240806`, `2512` or `0125`. */
  readonly date: string
}

/** How well a measured model stands for a model of the pool. */
export type NameMatch = 'same' | 'sibling' | 'other'

/** Words that tell how a model is served or tuned for chat, not which one it is. */
const noise = new Set([
  ...['instruct', 'chat', 'it', 'hf', 'versatile', 'instant', 'free', 'latest', 'preview', 'exp', 'experimental'],
  ...['fp8', 'fp16', 'bf16', 'int4', 'int8', 'awq', 'gptq', 'gguf', 'bnb', '4bit', '8bit', 'q4', 'q8', 'maas'],
  ...['beta', 'online', 'meta', 'ai', 'open', 'databricks'],
  ...['us', 'eu', 'apac', 'global', 'anthropic', 'mistralai', 'amazon', 'cohere', 'openai', 'google', 'deepseekai'],
])

/** Makers who sell a faster deployment of the same open weights as `turbo` or `lite`; elsewhere it is another model. */
const openWeights = /^(llama|qwen|mixtral|gemma|mistral|deepseek|phi|yi)/

/** Made for one task: such a model says nothing of the rest of its series. */
const oneTask =
  /codestral|coder|codex|code|math|vision|vl|embed|guard|audio|image|tts|whisper|realtime|transcribe|search|moderation|rerank|distill|nemotron|thinking|reasoning/

const releaseDate =
  /(?:^|[-@_ .])(20\d{2}[-_.]?\d{2}[-_.]?\d{2}|2[3-9][-_]\d{2}[-_]\d{2}|\d{2}-20\d{2}|\d{4})(?=$|[-@:_ .])/

/** Precision that answers do not show much of: not below four bits. */
const quantisation = /[-:._](?:gguf:|i?)q[4-8](?:_[\w]+)?$/

const contextLength = /[-_](?:8192|16384|32768|65536|131072)$/

/** Weights as their makers publish them before tuning are named by size alone. */
const untuned =
  /^(?:(?:meta-llama|qwen|google|mistralai)\/(?!.*-(?:instruct|chat|it)\b).*\db(?:-v\d\.\d)?|meta-llama-[\d.-]+\d+b|mixtral-8x7b-v0\.\d)$/

const parameterCount = /(?:^|[-_: ])(\d+x\d+(?:\.\d+)?b|\d+(?:\.\d+)?b)(?=$|[-_: @.])/

/**
 * Reads a model's name as providers write it: paths and makers in front, regions, dates, precision, tuning words and prices
 * behind are set apart. `meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo`, `llama-3.1-8b-instant`, `llama3.1:8b` and
 * `accounts/fireworks/models/llama-v3p1-8b-instruct` are one model.
 */
export function parseModelName(text: string): ModelName {
  const whole = text.toLowerCase().trim()
  let name = whole.slice(whole.lastIndexOf('/') + 1)
  const isUntuned = untuned.test(whole) || untuned.test(name)
  name = name
    .replace(/\.gguf$/, '')
    .replace(quantisation, '')
    .replace(contextLength, '')
  // Bedrock: `us.anthropic.claude-3-5-sonnet-20240620-v1:0`.
  name = name.replace(
    /^(?:(?:us|eu|apac|global)\.)?(?:anthropic|meta|mistral|amazon|cohere|deepseek|openai|qwen)\.(?=[a-z])/,
    '',
  )
  name = name.replace(/-v\d+:\d+(?::\w+)?$/, '').replace(/:(?:free|nitro|floor|extended|beta|latest|online)$/, '')
  name = name
    .replace(/@(?![\d])[\w.-]+$/, '')
    .replace(/\bv(\d)p(\d)/, '$1.$2')
    .replace(/(\d)p(\d)(?=-)/, '$1.$2')
  name = name
    .replace(/gpt-?35/, 'gpt-3.5')
    .replace(/gpt-?4-1106-preview|gpt-?4-0125-preview/, (found) => found.replace(/gpt-?4/, 'gpt-4-turbo'))
  const dated = taken(name, releaseDate)
  const sized = taken(dated.rest, parameterCount)
  // `claude-3-5-sonnet` and `llama-3-1` write a point as a dash.
  const tokens = sized.rest.replace(/(^|[-_a-z])(\d)-(\d)(?=$|[-_:])/, '$1$2.$3').split(/[-_: @]+/)
  const { words, version: generation } = wordsAndVersion(tokens)
  const version = [generation.replace(/\.0$/, ''), ...revisionsOf(name, isUntuned)]
    .filter((part) => part !== '')
    .join(' ')
  const isOpen = sized.found !== '' && words.some((word) => openWeights.test(word))
  const line = words.filter((word) => !isOpen || !/^(turbo|lite|fast|reference)$/.test(word)).sort()
  const date = dated.found.replaceAll(/\D/g, '')
  // Sold under both names.
  const isSecondLarge = line.join(' ') === 'large mistral' && version === '2'
  return isSecondLarge
    ? { line: line.join(' '), version: '', size: '', date: '2407' }
    : { line: line.join(' '), version, size: sized.found, date }
}

/**
 * Same model, another release or size of its line, or neither. A wrong match is worse than none: unless series and tier agree
 * there is no match, and series that are made for one task match only themselves.
 *
 * @param wanted a model of the pool. A name without a date stands for whichever release was measured, where its version or size
 *   tells which model it is.
 */
export function matchNames(wanted: ModelName, measured: ModelName): NameMatch {
  if (wanted.line === '' || wanted.line !== measured.line) return 'other'
  const isTold = wanted.version !== '' || wanted.size !== ''
  const sameDate = wanted.date === measured.date || (isTold && (wanted.date === '' || measured.date === ''))
  if (wanted.version === measured.version && wanted.size === measured.size && sameDate) return 'same'
  if (isMadeForOneTask(wanted)) return 'other'
  // GPT-3.5 Turbo and GPT-4 Turbo share a word, not a tier.
  return wanted.line === 'gpt turbo' && wanted.version !== measured.version ? 'other' : 'sibling'
}

export function isMadeForOneTask({ line }: ModelName): boolean {
  return oneTask.test(line)
}

/** What makes another model of a generation: it is no more than a sibling of those without. */
function revisionsOf(name: string, isUntuned: boolean): string[] {
  const found = [
    // What `latest` stands for today nobody measured.
    /[-_]latest\b/.exec(name)?.[0].slice(1),
    /^(?:o1|yi-large)-(preview)/.exec(name)?.[1],
    // Of completions, not of chat.
    /^gpt-3\.5-turbo-(instruct)/.exec(name)?.[1],
    // Google counts releases, from 001.
    /^gemini-.*-(00[2-9])$/.exec(name)?.[1],
    /-(1m)$/.exec(name)?.[1],
    // `claude-3-opus-4` is no name of Claude 3.
    /^claude-\d.*[a-z]-(\d)$/.exec(name)?.[1],
    isUntuned ? 'base' : undefined,
  ]
  return found.filter((part) => part !== undefined)
}

function taken(name: string, pattern: RegExp): { readonly found: string; readonly rest: string } {
  const match = pattern.exec(name)
  return match === null ? { found: '', rest: name } : { found: match[1]!, rest: name.replace(pattern, '-') }
}

function wordsAndVersion(tokens: readonly string[]): { readonly words: string[]; readonly version: string } {
  const words: string[] = []
  let version = ''
  for (const token of tokens) {
    if (token === '' || noise.has(token) || /^\d+k$|^v0/.test(token)) continue
    const plain = /^v?(\d+(?:\.\d+)*[a-z]?)$/.exec(token)
    const joined = /^([a-z]+?)v?(\d+(?:\.\d+)*)$/.exec(token)
    // The first number is the generation, whether or not it sticks to the series (`qwen2.5`, `o1`); later ones are revisions.
    if (version === '') version = plain?.[1] ?? joined?.[2] ?? ''
    if (plain === null) words.push(joined?.[1] ?? token)
  }
  return { words, version }
}
