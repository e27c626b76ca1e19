import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayUnderTest, serveGateway } from '../gateway-under-test.ts'
import { NotShown, type Probe, type ProbeContext } from '../probes/probe.ts'
import { embeddingModelOf, type FamilyName, llmOf, providerFamilies, thinkingLlmOf } from '../provider-families.ts'
import { type Cell, cells, type Dialect } from './cells.ts'

/** An official client that speaks one dialect. */
export interface DialectClient<Client> {
  readonly dialect: Dialect
  readonly create: (gateway: GatewayUnderTest, options?: { apiKey?: string; maxRetries?: number }) => Client
  readonly probes: readonly Probe<Client>[]
}

/** Every feature of a dialect at every API: it works, or the cell of {@link cells} says truly how it does not. */
export function describeMatrix<Client>({ dialect, create, probes }: DialectClient<Client>): void {
  let gateway: GatewayUnderTest
  let client: Client

  beforeAll(async () => {
    gateway = await serveGateway()
    client = create(gateway, { maxRetries: 0 })
  })

  afterAll(() => gateway?.close())

  const contextOf = (family: FamilyName): ProbeContext<Client> => ({
    client,
    connect: (options) => create(gateway, { maxRetries: 0, ...options }),
    model: llmOf(family),
    thinkingModel: thinkingLlmOf(family),
    embeddingModel: embeds(family) ? embeddingModelOf(family) : llmOf(family),
    upstream: gateway.upstream(family),
  })

  test('has a row for every feature that is tried', () => {
    expect(Object.keys(cells[dialect])).toEqual(probes.map(({ feature }) => feature))
  })

  const refused = probes.filter(
    ({ feature, namedOnly }) => !namedOnly && Object.values(cells[dialect][feature] ?? {}).includes('refused'),
  )

  // No LLM is named: those whose API cannot take it are passed over.
  test.each(refused)('$feature, through auto', async (probe) => {
    const auto = { model: 'auto', thinkingModel: 'auto' }
    await probe.run({ ...contextOf('openai'), ...auto })
  })

  describe.each(providerFamilies.map(({ name }) => name))(`${dialect} through %s`, (family) => {
    test.each(probes)('$feature', async (probe) => {
      await expectCell(probe, contextOf(family), cells[dialect][probe.feature]?.[family])
    })
  })
}

async function expectCell<Client>(probe: Probe<Client>, context: ProbeContext<Client>, cell: Cell | undefined) {
  if (cell === 'refused' || typeof cell === 'object') {
    const { status, says } = cell === 'refused' ? { status: 400, says: 'cannot be served by' } : cell
    const refusal = await probe.run(context).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refusal, 'it was not refused').toBeInstanceOf(Error)
    expect(refusal).toMatchObject({ status, message: expect.stringContaining(says) })
    if (cell === 'refused') expect((refusal as Error).message).toContain(`'${probe.parameter}`)
    return
  }
  if (cell === 'hidden') {
    await expect(probe.run(context)).rejects.toBeInstanceOf(NotShown)
    return
  }
  const headers = await probe.run(context)
  const dropped = headers?.get('x-pointsman-dropped-params') ?? ''
  if (cell === 'dropped') expect(dropped).toContain(probe.parameter)
  else expect(dropped).toBe('')
}

function embeds(family: FamilyName): boolean {
  return providerFamilies.find(({ name }) => name === family)?.embeddingModel !== undefined
}
