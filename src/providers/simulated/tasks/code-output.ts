import { gradeNumber, gradeText, wrongNumber } from './grading.ts'
import { integer, pick, type TaskKind } from './task-kind.ts'
import { runTinyPython } from './tiny-python.ts'

/** What a tiny Python program prints. */
export const codeOutput: TaskKind = {
  name: 'code_output',
  example:
    'What does this Python program print?\n```python\ntotal = 0\nfor i in range(1, 6):\n    total += i * i\nprint(total)\n```',

  generate(random) {
    const n = integer(random, 4, 9)
    const k = integer(random, 2, 5)
    const a = integer(random, 1, 9)
    const word = pick(random, ['signal', 'lantern', 'railway'])
    const [program, answer] = pick(random, [
      [`total = ${a}\nfor i in range(1, ${n}):\n    total += i * ${k}\nprint(total)`, a + (k * n * (n - 1)) / 2],
      [
        `count = 0\nfor i in range(${n * 3}):\n    if i % ${k} == 0:\n        count += 1\nprint(count)`,
        Math.ceil((n * 3) / k),
      ],
      [`x = ${a}\nwhile x < ${a * 2 ** n}:\n    x = x * 2\nprint(x)`, a * 2 ** n],
      [
        `word = "${word}"\nresult = ""\nfor letter in word:\n    result = letter + result\nprint(result)`,
        reversed(word),
      ],
      [`numbers = [${a}, ${n}, ${k}]\nprint(max(numbers) - min(numbers))`, Math.max(a, n, k) - Math.min(a, n, k)],
    ] as const)
    return { prompt: `What does this Python program print?\n\`\`\`python\n${program}\n\`\`\``, answer: String(answer) }
  },

  solve(prompt) {
    if (prompt.length > 4000 || !/\bprints?\b|\boutputs?\b/i.test(prompt)) return undefined
    const program = /```(?:python|py)?\s*\n([\s\S]*?)```/i.exec(prompt)?.[1] ?? /:\s*\n([\s\S]+)$/.exec(prompt)?.[1]
    if (program === undefined || !program.includes('print(')) return undefined
    return runTinyPython(program)
  },

  wrongAnswer(answer, random) {
    if (/^-?\d+$/.test(answer)) return wrongNumber(answer, random)
    // Reading one loop turn too few.
    return answer.length > 1 ? answer.slice(0, -1) : `${answer}${answer}`
  },

  grade(answer, reply) {
    if (/^-?\d+$/.test(answer)) return gradeNumber(answer, reply)
    const fenced = /```\w*\s*\n([\s\S]*?)```/.exec(reply)?.[1]
    return gradeText(answer, fenced ?? reply)
  },
}

function reversed(word: string): string {
  return Array.from(word).reverse().join('')
}
