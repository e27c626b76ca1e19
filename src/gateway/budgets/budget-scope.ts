/** Whose budget a scope names, in words for people and programs: `{ scope: 'team', name: 'search' }`. */
export function parseBudgetScope(scope: string): {
  readonly scope: 'gateway' | 'team' | 'key'
  readonly name: string | null
} {
  if (scope.startsWith('team:')) return { scope: 'team', name: scope.slice('team:'.length) }
  if (scope.startsWith('key:')) return { scope: 'key', name: scope.slice('key:'.length) }
  return { scope: 'gateway', name: null }
}
