/**
 * Whether a provider's list of models has one: under its own name or, as Anthropic and others list them, with the date of the release
 * behind it, for which the name without date stands.
 */
export function listsModel(listed: readonly string[], model: string): boolean {
  return listed.some((name) => {
    return (
      name === model ||
      (name.startsWith(`${model}-`) && /^(\d{8}|\d{4}-\d{2}-\d{2})$/.test(name.slice(model.length + 1)))
    )
  })
}
