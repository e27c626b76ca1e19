import type { ParameterColumn, ParameterHandling } from '../../providers/parameters/parameter.ts'
import { parameterNames } from '../../providers/parameters/parameter.ts'
import { type ParameterApi, parameterTable } from '../../providers/parameters/parameter-table.ts'
import { reasoningHeadroom } from '../../routing/decision/reasoning-headroom.ts'
import { markdownTable } from './markdown-table.ts'

const signs: Readonly<Record<ParameterHandling, string>> = {
  passed: '✓',
  translated: '⇄',
  dropped: '–',
  refused: '✗',
}

/** `docs/parameters.md`: the parameter table, from the table itself. A test compares the committed page; `npm run schema` renews it. */
export function parametersPage(): string {
  const columns = distinctColumns()
  const heads = columns.map(({ names }) => names.map((name) => `\`${name}\``).join(', '))
  const rows = parameterNames.map((name) => [`\`${name}\``, ...columns.map(({ api }) => signs[api.column[name]])])
  return `${[
    '# Parameters',
    'Generated from the code by `npm run schema`; not edited by hand.',
    "Routing changes the LLM under a caller's parameters, and not every API knows all of them. One table says what happens to each. The names are those of chat completions; requests to `/v1/messages` and `/v1/responses` say the same things in their own words.",
    markdownTable(
      ['sign', 'handling', 'means'],
      [
        [signs.passed, 'passed', 'The API takes it as it is.'],
        [signs.translated, 'translated', "It is said in the API's own words, as near as they come."],
        [
          signs.dropped,
          'dropped',
          'The answer comes without it, and the header `x-pointsman-dropped-params` names it. For what is a wish.',
        ],
        [
          signs.refused,
          'refused',
          'The LLM may not serve the request: `auto` chooses among the others (`unsupported_parameter`), and naming the LLM is a 400 that names the parameter. For what changes what an answer means, or what its reader relies on.',
        ],
      ],
    ),
    'A request has a parameter when it says something with it: `null`, empty lists and defaults that are spelled out (`n: 1`, `frequency_penalty: 0`, `tool_choice: auto`) say nothing.',
    '## The table',
    markdownTable(['parameter', ...heads], rows),
    notes.join('\n'),
    '## Room to think',
    'LLMs that think write hidden tokens first, and a cap on output counts them too: an answer may be paid for and empty. Where the caller names no LLM, those are left out (`reasoning_headroom`) whose thinking may take the whole cap, unless only such are left. What is not known of an LLM does not exclude it. A `thinking` of Anthropic’s counts as low below 4,096 tokens, medium below 16,384 and adaptive, else high. The figures are orders of magnitude, not measurements.',
    markdownTable(
      ['effort', 'the cap must be above, tokens'],
      reasoningHeadroom.map(([effort, tokens]) => [effort, String(tokens)]),
    ),
    'The last row is for LLMs that are known to think unasked (`capabilities.reasons_unasked` in `pointsman.yaml` says so of one that is not known here).',
    '## Efforts as LLMs',
    'With `efforts: [low, high]` an entry of `llms` becomes one LLM for each, `<id>@low` and `<id>@high`: same model, same price, predictions of their own. `reasoning_effort: low` fixes the effort of an entry. Such an LLM thinks as hard as its name says, whoever asks; a request that asks for another effort goes to others (`other_effort`), and naming both is a 400.',
  ].join('\n\n')}\n`
}

const notes: readonly string[] = [
  '- `(reasoning)`: LLMs whose `capabilities.reasoning` is true.',
  '- Fields of a request that are not in the table go on from `/v1/chat/completions` to servers of chat completions untouched. APIs that take a translation get no unknown fields, nor do requests of `/v1/messages` and `/v1/responses` take theirs to other APIs; the header names them.',
  "- A request that was written for the very API that answers it (`/v1/messages` at Anthropic, `/v1/responses` at OpenAI's Responses API) is not translated, and nothing of it is refused. It is fitted to the model: at Anthropic where the router chose the LLM or the LLM has an effort of its own, at OpenAI where it is known whether the model reasons. The header names what that took, such as sampling parameters or an effort.",
  "- `tools:hosted` are tools that a vendor runs. They are written as that vendor's API does and pass to it alone: `web_search` and its like to OpenAI's, types with a date to Anthropic's, `google_search` and its like to Google's, as a type or as a field. Out of `/v1/messages` and `/v1/responses` they pass to no other API. They cost more than any estimate holds, so that only a caller who names the LLM, with a key that is not confined to some, may send them.",
  '- `content:file_by_id` passes to those who keep the file, as far as its id tells: `file-…` OpenAI, `file_…` Anthropic, `files/…` Google.',
  '- `thinking: { type: disabled }` asks for the effort `none`: of OpenAI’s models GPT-5.1 and later have it, and where another that reasons answers, the header names `thinking`.',
  '- `anthropic`: models that choose their sampling themselves drop `temperature`, `top_p` and `top_k`; models that do not think drop `reasoning_effort` and `thinking`.',
]

interface Column {
  readonly names: readonly string[]
  readonly api: ParameterApi
}

/** Names with the same column share one. */
function distinctColumns(): readonly Column[] {
  const byContent = new Map<string, { names: string[]; api: ParameterApi }>()
  for (const [name, api] of Object.entries(parameterTable)) {
    const content = contentOf(api.column)
    const known = byContent.get(content)
    if (known === undefined) byContent.set(content, { names: [name], api })
    else known.names.push(name)
  }
  return [...byContent.values()]
}

function contentOf(column: ParameterColumn): string {
  return parameterNames.map((name) => column[name]).join()
}
