/** Requests per hour of the UTC day, 24 entries. */
export type HourlyCounts = readonly number[]

/** Requests that what earlier days say counts for, against what today has shown so far. */
const profileTrust = 50

/** However unlike the days before today is, it is not taken for more unlike than this. */
const widestRatio = 10

/** Without earlier days a rate needs this much of today behind it. */
const leastHours = 1
const leastRequests = 100

const hourMs = 3_600_000
const hoursOfDay = 24

/**
 * How many requests are still to come in this UTC day: what the hours that are left brought on earlier days, times how much busier today is than
 * those were up to now,
 *
 *     (today + k)/(profile up to now + k) · Σ profile of what is left,   k = 50,
 *
 * and where there is no earlier day, today's rate, once it rests on an hour and a hundred requests.
 *
 * @param earlier the days before, from the first with a request; empty: none.
 * @param today up to now. @param sinceMs when the first request of today came; undefined: none yet.
 * @returns undefined: nobody knows.
 */
export function expectedRequestsLeft(
  earlier: readonly HourlyCounts[],
  today: number,
  sinceMs: number | undefined,
  nowMs: number,
): number | undefined {
  const dayStartMs = nowMs - (nowMs % (hoursOfDay * hourMs))
  const hoursPassed = (nowMs - dayStartMs) / hourMs
  if (earlier.length === 0) {
    const hours = sinceMs === undefined ? 0 : (nowMs - sinceMs) / hourMs
    if (hours < leastHours || today < leastRequests) return undefined
    return (today / hours) * (hoursOfDay - hoursPassed)
  }
  let passed = 0
  let left = 0
  for (let hour = 0; hour < hoursOfDay; hour++) {
    const usual = earlier.reduce((sum, day) => sum + (day[hour] ?? 0), 0) / earlier.length
    const shareGone = Math.min(1, Math.max(0, hoursPassed - hour))
    passed += usual * shareGone
    left += usual * (1 - shareGone)
  }
  const ratio = (today + profileTrust) / (passed + profileTrust)
  return left * Math.min(widestRatio, Math.max(1 / widestRatio, ratio))
}
