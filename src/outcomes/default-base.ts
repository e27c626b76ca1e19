/** What an id may end in without it being another LLM: where it is hosted, how it is stored, how it is asked. */
const serving = /(?:@[^@/]+|[-_](?:fp8|fp16|bf16|int8|int4|awq|gptq|togetherai|concise|verbose))$/i

/** A full date, 2024-08-06, 20240806 or 24-08-06, at the end. */
const fullDate = /-(?:20\d\d-[01]\d-[0-3]\d|20\d\d[01]\d[0-3]\d|\d\d-[01]\d-[0-3]\d)$/

/** A month and a day, or a year and a month, perhaps of an experimental version: 0613, 2407, exp-0827. */
const shortDate = /(?:-exp)?-(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|2[3-9](?:0[1-9]|1[0-2]))$/

/**
 * The family that an LLM is taken to be of where its data do not say: its id without host, quantisation and date, as LLMs of one family are
 * never both known and unseen. Conservative: other sizes, tunes and named versions are LLMs of their own.
 */
export function defaultBase(id: string): string {
  let base = id
  for (;;) {
    const shorter = base.replace(serving, '').replace(fullDate, '').replace(shortDate, '')
    if (shorter === '' || shorter === base) return base
    base = shorter
  }
}
