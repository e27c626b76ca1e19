/**
 * Claude's count for the largest image it looks at, about 1.15 megapixels, and more than GPT-4o's 1,445 for the largest it
 * tiles. Smaller images cost less; their size is not known without decoding them.
 */
export const tokensPerImage = 1_600

/** A file or recording that the upstream is to fetch: its size is not known here. Some six pages as images. */
const tokensWhenUnseen = 10_000

/**
 * Bytes to the token, by how the base64 of a format begins, so that a wrong media type changes nothing.
 *
 * A text file is read whole, at four bytes to the token like any text. The page of a PDF holds fonts and pictures: some
 * 20 kB for 1,000 to 2,000 tokens. Office files are packed alike. Uncompressed sound at 8 kHz and 8 bits has 8,000 bytes a
 * second, and Gemini counts 32 tokens for one, the most of the vendors we know.
 */
const bytesPerToken: readonly (readonly [prefix: string, bytes: number])[] = [
  ['JVBERi', 16],
  ['UEsDB', 16],
  ['UklGR', 250],
]
const bytesPerFileToken = 4
/** MP3 at 16 kbit/s, the least that speech is packed to, at the same 32 tokens a second. */
const bytesPerAudioToken = 62

/**
 * Estimated tokens of a `file` part, from the size of what it carries.
 *
 * @param file the part's `file` object, unchecked.
 */
export function fileTokens(file: unknown): number {
  return dataTokens(textField(file, 'file_data'), bytesPerFileToken)
}

/**
 * Estimated tokens of an `input_audio` part, from the size of what it carries.
 *
 * @param audio the part's `input_audio` object, unchecked.
 */
export function audioTokens(audio: unknown): number {
  return dataTokens(textField(audio, 'data'), bytesPerAudioToken)
}

/** @param data base64, or a data URL of it. */
function dataTokens(data: string | undefined, otherwise: number): number {
  if (data === undefined) return tokensWhenUnseen
  const start = data.startsWith('data:') ? data.indexOf(',') + 1 : 0
  const known = bytesPerToken.find(([prefix]) => data.startsWith(prefix, start))
  const bytes = ((data.length - start) * 3) / 4
  return Math.ceil(bytes / (known?.[1] ?? otherwise))
}

function textField(part: unknown, name: string): string | undefined {
  if (typeof part !== 'object' || part === null) return undefined
  const value: unknown = Reflect.get(part, name)
  return typeof value === 'string' && value.length > 0 ? value : undefined
}
