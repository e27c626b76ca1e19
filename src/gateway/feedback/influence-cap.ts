import type { KeyRing } from '../../accounts/key-ring.ts'
import type { InfluenceCap } from '../../routing/feedback-store.ts'

/**
 * The cap on what a key may say. None without a key, for an admin's, for one that is trusted (`feedbackShare` 1), and for the only key there is
 * that is no admin's: it is its owner's own voice, and there is nobody to be drowned. A share of its own, below 1, holds for what is free too.
 *
 * @param cap of keys with no share of their own.
 */
export function influenceCapOf(
  keyId: string | undefined,
  keys: Pick<KeyRing, 'activeKeys'>,
  cap: InfluenceCap,
): InfluenceCap | undefined {
  if (keyId === undefined) return undefined
  const bound = keys.activeKeys().filter(({ scopes }) => !scopes.includes('admin'))
  const own = bound.find(({ id }) => id === keyId)
  if (own === undefined) return undefined
  const { feedbackShare } = own
  if (feedbackShare !== undefined) {
    if (feedbackShare >= 1) return undefined
    const most = feedbackShare * cap.window
    return {
      ...cap,
      share: feedbackShare,
      free: Math.min(cap.free, most),
      burst: Math.min(cap.burst ?? cap.free, most),
    }
  }
  return bound.length === 1 ? undefined : cap
}
