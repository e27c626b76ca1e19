const formats: { readonly [mediaType: string]: string } = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/markdown': 'md',
  'application/json': 'txt',
}

/** What Converse calls a media type; undefined: it takes no such documents. Other texts are plain ones. */
export function documentFormat(mediaType: string): string | undefined {
  if (Object.hasOwn(formats, mediaType)) return formats[mediaType]
  return mediaType.startsWith('text/') ? 'txt' : undefined
}

const maxNameLength = 200

/**
 * Names of a request's documents as the API takes them: letters, digits, single blanks, hyphens and brackets, each name once. The
 * same file gets the same name in every request of a conversation, as long as those before it stay.
 */
export class DocumentNames {
  readonly #given = new Set<string>()
  /** The last number behind a name that was taken. */
  readonly #counts = new Map<string, number>()

  nameFor(filename: unknown): string {
    const name = typeof filename === 'string' ? validName(filename) : ''
    const wanted = name === '' ? 'document' : name
    let given = wanted
    for (let count = (this.#counts.get(wanted) ?? 1) + 1; this.#given.has(given); count += 1) {
      const suffix = ` (${count})`
      given = wanted.slice(0, maxNameLength - suffix.length).trimEnd() + suffix
      this.#counts.set(wanted, count)
    }
    this.#given.add(given)
    return given
  }
}

function validName(filename: string): string {
  const withoutExtension = filename.replace(/\.[A-Za-z0-9]{1,5}$/, '')
  const spaced = withoutExtension.replaceAll(/[^A-Za-z0-9()[\]-]+/g, ' ').trim()
  return spaced.slice(0, maxNameLength).trimEnd()
}
