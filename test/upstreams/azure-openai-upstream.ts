import { type FixtureAnswer, type FixtureRequest, sse } from './fixture-upstream.ts'
import { type Json, OpenAiRefusal } from './openai/openai-refusal.ts'
import { OpenAiUpstream } from './openai-upstream.ts'

const harmless = { hate: { filtered: false, severity: 'safe' }, violence: { filtered: false, severity: 'safe' } }
const promptResults = [{ prompt_index: 0, content_filter_results: harmless }]
const oldestVersion = '2022-12-01'

/**
 * OpenAI's models on Azure: the same answers at `/openai/v1/…` and at `/openai/deployments/{deployment}/…?api-version=…`, with the
 * key in `api-key` or a bearer token, results of content filters in the answers, and a stream that begins with those of the
 * prompt, in a chunk without choices. Prompts with the word `forbidden` are filtered. Written from Azure's API reference.
 */
export class AzureOpenAiUpstream extends OpenAiUpstream {
  protected override answer(request: FixtureRequest): FixtureAnswer {
    try {
      this.requireKey(request)
      const { method, body } = request
      const { pathname, searchParams } = new URL(request.path, this.origin)
      if (pathname.startsWith('/openai/v1/')) {
        return this.#filtered(body, () => this.route(method, pathname.slice('/openai/v1'.length), body))
      }
      const version = searchParams.get('api-version')
      if (version === null || version < oldestVersion)
        throw new OpenAiRefusal('Resource not found', { status: 404, code: '404' })
      if (pathname === '/openai/models') return this.route(method, '/models', body)
      const [, deployment = '', operation = ''] = /^\/openai\/deployments\/([^/]+)(\/.+)$/.exec(pathname) ?? []
      // The path says it; the body's own word does not count.
      const named = { ...body, model: decodeURIComponent(deployment) }
      return this.#filtered(named, () => this.route(method, operation, named))
    } catch (error) {
      if (!(error instanceof OpenAiRefusal)) throw error
      if (error.code !== 'model_not_found') return { status: error.status, json: error.body }
      const message = 'The API deployment for this resource does not exist.'
      return { status: 404, json: { error: { code: 'DeploymentNotFound', message } } }
    }
  }

  protected override requireKey({ headers }: FixtureRequest): void {
    if (headers['api-key'] === this.apiKey || headers.authorization === `Bearer ${this.apiKey}`) return
    const message = 'Access denied due to invalid subscription key or wrong API endpoint.'
    throw new OpenAiRefusal(message, { status: 401, code: '401' })
  }

  #filtered(body: Json, serve: () => FixtureAnswer): FixtureAnswer {
    if (/forbidden/.test(JSON.stringify(body.messages ?? ''))) return { status: 400, json: filterError }
    const answer = serve()
    if ('pieces' in answer) {
      const head = { choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results: promptResults }
      return { ...answer, pieces: [sse(head), ...answer.pieces] }
    }
    const { choices, ...json } = answer.json as Json
    if (!Array.isArray(choices)) return answer
    const marked = choices.map((choice) => ({ ...(choice as Json), content_filter_results: harmless }))
    return { ...answer, json: { ...json, choices: marked, prompt_filter_results: promptResults } }
  }
}

const filterError = {
  error: {
    message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    type: null,
    param: 'prompt',
    code: 'content_filter',
    status: 400,
    innererror: {
      code: 'ResponsibleAIPolicyViolation',
      content_filter_result: { violence: { filtered: true, severity: 'medium' } },
    },
  },
}
