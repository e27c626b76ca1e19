/** What a program of {@link runTinyPython} works on. Whole numbers only. */
type Value = number | string | boolean | readonly Value[]

/** The program uses something that this interpreter does not know, or has no end. */
class Unsupported extends Error {}

interface Line {
  readonly indent: number
  readonly text: string
}

const maxSteps = 20_000
const maxOutputChars = 2000
const maxTokens = 300

/**
 * Runs a small part of Python 3: whole numbers, strings, booleans and lists; assignment, `print`, `if`, `for … in`,
 * `while`, `append`, and the functions `range`, `len`, `sum`, `min`, `max`, `abs`, `str`, `int` and `sorted`. Nothing
 * else: no access to anything outside, at most 20,000 steps.
 *
 * @returns what it prints, without the last line break; undefined when the program is outside this part or does not end.
 */
export function runTinyPython(source: string): string | undefined {
  const lines = source.split('\n').flatMap((raw): Line[] => {
    const text = raw
      .replace(/\t/g, '    ')
      .replace(/(^|\s)#[^"']*$/, '')
      .trimEnd()
    return text.trim() === '' ? [] : [{ indent: text.length - text.trimStart().length, text: text.trim() }]
  })
  const program = new Program()
  try {
    program.runBlock(lines)
  } catch (error) {
    if (error instanceof Unsupported) return undefined
    throw error
  }
  return program.output.join('\n')
}

class Program {
  readonly output: string[] = []
  readonly #variables = new Map<string, Value>()
  #steps = 0
  #outputChars = 0

  runBlock(lines: readonly Line[]): void {
    const indent = lines[0]?.indent
    for (let at = 0; at < lines.length; ) {
      const line = lines[at]!
      if (line.indent !== indent) throw new Unsupported()
      this.#step()
      if (line.text.endsWith(':')) at = this.#runCompound(lines, at)
      else {
        this.#runSimple(line.text)
        at++
      }
    }
  }

  /** @returns the index of the line after the whole statement. */
  #runCompound(lines: readonly Line[], at: number): number {
    const { text } = lines[at]!
    const end = blockEnd(lines, at)
    const body = lines.slice(at + 1, end)
    if (body.length === 0) throw new Unsupported()
    const loop = /^for (\w+) in (.+):$/.exec(text)
    if (loop !== null) {
      for (const value of itemsOf(this.#evaluate(loop[2]!))) {
        this.#variables.set(loop[1]!, value)
        this.runBlock(body)
      }
      return end
    }
    const whileCondition = /^while (.+):$/.exec(text)?.[1]
    if (whileCondition !== undefined) {
      while (truthy(this.#evaluate(whileCondition))) this.runBlock(body)
      return end
    }
    return this.#runIf(lines, at)
  }

  #runIf(lines: readonly Line[], start: number): number {
    let taken = false
    let at = start
    for (let first = true; ; first = false) {
      const line = lines[at]
      const pattern = first ? /^if (.+):$/ : /^elif (.+):$/
      const condition =
        line === undefined || line.indent !== lines[start]!.indent ? undefined : pattern.exec(line.text)?.[1]
      const isElse = !first && line?.indent === lines[start]!.indent && line.text === 'else:'
      if (condition === undefined && !isElse) {
        if (first) throw new Unsupported()
        return at
      }
      const end = blockEnd(lines, at)
      if (!taken && (isElse || truthy(this.#evaluate(condition!)))) {
        taken = true
        this.runBlock(lines.slice(at + 1, end))
      }
      at = end
      if (isElse) return at
    }
  }

  #runSimple(text: string): void {
    const printed = /^print\((.*)\)$/.exec(text)
    if (printed !== null) {
      const values = printed[1]!.trim() === '' ? [] : itemsOf(this.#evaluate(`[${printed[1]}]`))
      this.#print(values.map((value) => shown(value)).join(' '))
      return
    }
    const appended = /^(\w+)\.append\((.+)\)$/.exec(text)
    if (appended !== null) {
      const list = this.#variable(appended[1]!)
      if (!Array.isArray(list)) throw new Unsupported()
      this.#variables.set(appended[1]!, [...(list as readonly Value[]), this.#evaluate(appended[2]!)])
      return
    }
    const assigned = /^([A-Za-z_]\w*)\s*(\+|-|\*|\/\/|%)?=\s*([^=].*)$/.exec(text)
    if (assigned === null) throw new Unsupported()
    const [, name, operator, right] = assigned
    this.#variables.set(name!, this.#evaluate(operator === undefined ? right! : `${name} ${operator} (${right})`))
  }

  #print(text: string): void {
    this.#outputChars += text.length
    if (this.#outputChars > maxOutputChars) throw new Unsupported()
    this.output.push(text)
  }

  #evaluate(text: string): Value {
    this.#step()
    return new Expression(text, (name) => this.#variable(name)).value()
  }

  #variable(name: string): Value {
    const value = this.#variables.get(name)
    if (value === undefined) throw new Unsupported()
    return value
  }

  #step(): void {
    if (++this.#steps > maxSteps) throw new Unsupported()
  }
}

function blockEnd(lines: readonly Line[], at: number): number {
  let end = at + 1
  while (end < lines.length && lines[end]!.indent > lines[at]!.indent) end++
  return end
}

const tokenPattern = /\s*(\d+|"[^"\\]*"|'[^'\\]*'|[A-Za-z_]\w*|\/\/|\*\*|[=!<>]=|[-+*%<>()[\],])/y

/** One expression, evaluated while it is parsed. Both sides of `and` and `or` are evaluated: nothing has side effects. */
class Expression {
  readonly #tokens: string[] = []
  readonly #lookUp: (name: string) => Value
  #at = 0

  constructor(text: string, lookUp: (name: string) => Value) {
    this.#lookUp = lookUp
    tokenPattern.lastIndex = 0
    let position = 0
    for (let match = tokenPattern.exec(text); match !== null; match = tokenPattern.exec(text)) {
      this.#tokens.push(match[1]!)
      position = tokenPattern.lastIndex
    }
    // The length also bounds how deep brackets can nest.
    if (text.slice(position).trim() !== '' || this.#tokens.length > maxTokens) throw new Unsupported()
  }

  value(): Value {
    const value = this.#or()
    if (this.#at < this.#tokens.length) throw new Unsupported()
    return value
  }

  #or(): Value {
    let value = this.#and()
    while (this.#take('or')) {
      const right = this.#and()
      value = truthy(value) ? value : right
    }
    return value
  }

  #and(): Value {
    let value = this.#not()
    while (this.#take('and')) {
      const right = this.#not()
      value = truthy(value) ? right : value
    }
    return value
  }

  #not(): Value {
    return this.#take('not') ? !truthy(this.#not()) : this.#comparison()
  }

  #comparison(): Value {
    const left = this.#sum()
    const operator = this.#takeAny('==', '!=', '<=', '>=', '<', '>', 'in')
    return operator === undefined ? left : compare(operator, left, this.#sum())
  }

  #sum(): Value {
    let value = this.#product()
    for (let operator = this.#takeAny('+', '-'); operator !== undefined; operator = this.#takeAny('+', '-')) {
      value = operator === '+' ? add(value, this.#product()) : whole(number(value) - number(this.#product()))
    }
    return value
  }

  #product(): Value {
    let value = this.#unary()
    for (
      let operator = this.#takeAny('*', '//', '%');
      operator !== undefined;
      operator = this.#takeAny('*', '//', '%')
    ) {
      const right = this.#unary()
      value = operator === '*' ? multiply(value, right) : divide(operator, number(value), number(right))
    }
    return value
  }

  #unary(): Value {
    if (this.#take('-')) return -number(this.#unary())
    const base = this.#postfix()
    return this.#take('**') ? whole(number(base) ** number(this.#unary())) : base
  }

  #postfix(): Value {
    let value = this.#atom()
    while (this.#take('[')) {
      const items = itemsOf(value)
      const index = number(this.#or())
      const item = items[index < 0 ? items.length + index : index]
      if (item === undefined || !this.#take(']')) throw new Unsupported()
      value = item
    }
    return value
  }

  #atom(): Value {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new Unsupported()
    if (/^\d/.test(token)) return whole(Number(token))
    if (/^["']/.test(token)) return token.slice(1, -1)
    if (token === 'True' || token === 'False') return token === 'True'
    if (token === '[') return this.#listUntil(']')
    if (token === '(') {
      const value = this.#or()
      if (!this.#take(')')) throw new Unsupported()
      return value
    }
    if (!/^[A-Za-z_]/.test(token)) throw new Unsupported()
    return this.#take('(') ? callFunction(token, this.#listUntil(')')) : this.#lookUp(token)
  }

  #listUntil(close: string): Value[] {
    const items: Value[] = []
    if (this.#take(close)) return items
    do items.push(this.#or())
    while (this.#take(','))
    if (!this.#take(close)) throw new Unsupported()
    return items
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false
    this.#at++
    return true
  }

  #takeAny(...tokens: readonly string[]): string | undefined {
    return tokens.find((token) => this.#take(token))
  }
}

function callFunction(name: string, given: readonly Value[]): Value {
  const [first] = given
  if (name === 'range') return rangeOf(given.map(number))
  if (first === undefined) throw new Unsupported()
  const items = (): readonly Value[] => (given.length > 1 ? given : itemsOf(first))
  switch (name) {
    case 'len':
      return itemsOf(first).length
    case 'sum':
      return whole(
        itemsOf(first)
          .map(number)
          .reduce((sum, item) => sum + item, 0),
      )
    case 'min':
      return extreme(items(), '<')
    case 'max':
      return extreme(items(), '>')
    case 'abs':
      return Math.abs(number(first))
    case 'str':
      return shown(first)
    case 'int':
      return whole(typeof first === 'string' ? Number(first) : number(first))
    case 'sorted':
      return [...itemsOf(first)].sort((a, b) => (compare('<', a, b) ? -1 : 1))
    default:
      throw new Unsupported()
  }
}

function rangeOf(bounds: readonly number[]): number[] {
  const [start, stop, step] =
    bounds.length === 1 ? [0, bounds[0]!, 1] : [bounds[0] ?? 0, bounds[1] ?? 0, bounds[2] ?? 1]
  const count = Math.max(0, Math.ceil((stop - start) / step))
  if (step === 0 || bounds.length === 0 || bounds.length > 3 || count > maxSteps) throw new Unsupported()
  return Array.from({ length: count }, (_, i) => start + i * step)
}

function extreme(items: readonly Value[], operator: '<' | '>'): Value {
  const [first, ...rest] = items
  if (first === undefined) throw new Unsupported()
  return rest.reduce((best, item) => (compare(operator, item, best) ? item : best), first)
}

function compare(operator: string, left: Value, right: Value): boolean {
  if (operator === 'in') {
    if (typeof left === 'string' && typeof right === 'string') return right.includes(left)
    return itemsOf(right).some((item) => shown(item, true) === shown(left, true))
  }
  if (operator === '==' || operator === '!=') return (shown(left, true) === shown(right, true)) === (operator === '==')
  const [a, b] = typeof left === 'string' && typeof right === 'string' ? [left, right] : [number(left), number(right)]
  if (operator === '<') return a < b
  if (operator === '>') return a > b
  return operator === '<=' ? a <= b : a >= b
}

function add(left: Value, right: Value): Value {
  if (typeof left === 'string' && typeof right === 'string') return bounded(left + right)
  if (Array.isArray(left) && Array.isArray(right)) return bounded([...(left as Value[]), ...(right as Value[])])
  return whole(number(left) + number(right))
}

function multiply(left: Value, right: Value): Value {
  if (typeof left !== 'string') return whole(number(left) * number(right))
  const count = Math.max(0, number(right))
  if (left.length * count > maxOutputChars) throw new Unsupported()
  return left.repeat(count)
}

/** Python rounds towards minus infinity, and a remainder has the sign of the divisor. */
function divide(operator: string, left: number, right: number): number {
  if (right === 0) throw new Unsupported()
  const quotient = Math.floor(left / right)
  return operator === '//' ? quotient : left - quotient * right
}

function bounded<T extends Value & { readonly length: number }>(value: T): T {
  if (value.length > maxOutputChars) throw new Unsupported()
  return value
}

function number(value: Value): number {
  if (typeof value === 'boolean') return Number(value)
  if (typeof value !== 'number') throw new Unsupported()
  return value
}

function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new Unsupported()
  return value
}

function itemsOf(value: Value): readonly Value[] {
  if (typeof value === 'string') return Array.from(value)
  if (!Array.isArray(value)) throw new Unsupported()
  return value as readonly Value[]
}

function truthy(value: Value): boolean {
  return Array.isArray(value) || typeof value === 'string' ? value.length > 0 : Boolean(value)
}

/** As Python prints it; inside a list, strings keep their quotes. */
function shown(value: Value, inList = false): string {
  if (typeof value === 'string') return inList ? `'${value}'` : value
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return String(value)
  return `[${value.map((item) => shown(item, true)).join(', ')}]`
}
