import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../routing/numeric/random-source.ts'
import { checkReply, generateTask, recogniseTask, taskKinds } from './task-suite.ts'

describe.each(taskKinds.map((kind) => [kind.name, kind] as const))('%s', (_name, kind) => {
  it('reads out of the prompt what its generator knew', () => {
    const random = new SeededRandom(7)
    for (let i = 0; i < 300; i++) {
      const task = generateTask(random, kind)
      const seen = recogniseTask(task.prompt)
      expect([task.prompt, seen?.kind.name]).toEqual([task.prompt, kind.name])
      expect([task.prompt, kind.grade(task.answer, seen!.answer)]).toEqual([task.prompt, 1])
      expect([task.prompt, kind.grade(seen!.answer, task.answer)]).toEqual([task.prompt, 1])
    }
  })

  it('grades right answers 1, alone or after other words, and wrong ones below', () => {
    const random = new SeededRandom(11)
    for (let i = 0; i < 300; i++) {
      const { prompt, answer } = generateTask(random, kind)
      expect([prompt, checkReply(prompt, answer)]).toEqual([prompt, 1])
      expect([prompt, checkReply(prompt, `Let me think. The answer is ${answer}`)]).toEqual([prompt, 1])
      const wrong = kind.wrongAnswer(answer, random)
      expect([prompt, wrong, checkReply(prompt, wrong)! < 1]).toEqual([prompt, wrong, true])
      expect(checkReply(prompt, 'I cannot tell.')).toBe(0)
    }
  })

  it('solves its own example', () => {
    expect(recogniseTask(kind.example)?.kind.name).toBe(kind.name)
  })
})

it.each([
  ['2+2', '4'],
  ['what is 12 divided by 8?', '1.5'],
  ['How much is (3 + 4) squared minus 5%?', '48.95'],
  ['What is the product of 3, 4 and 5?', '60'],
  ['Calculate 1,250 * 4', '5000'],
  ['What is -3 ^ 2?', '-9'],
  ['What day of the week was July 4, 1776?', 'Thursday'],
  ['how many days are between 2024-02-28 and 2024-03-01', '2'],
  ['What is the date 2 weeks after 25 Dec 2023?', '2024-01-08'],
  ['Convert 100 °F to °C', '37.777778'],
  ['How many grams are in 2.5 kg?', '2500'],
  ['what is 0 celsius in fahrenheit', '32'],
  ['How many r’s are in strawberry?', undefined],
  ['How many times does the letter e appear in the word nevertheless?', '4'],
  ['Is "A man, a plan, a canal: Panama" a palindrome?', 'yes'],
  ['Please sort the following words: pear, apple and fig', 'apple, fig, pear'],
  ['Reverse "stressed"', 'desserts'],
  ['Tom is older than Ann. Ann is older than Zoe. Who is the youngest?', 'Zoe'],
  ['Tom is older than Ann. Zoe is older than Ann. Who is the oldest?', undefined],
  ['All cats are mammals. All mammals are animals. Does it follow that all cats are animals?', 'yes'],
  ['Extract email and age as JSON: "Jo (jo@example.com) is 41 years old."', '{"email":"jo@example.com","age":41}'],
  [
    'What does this print?\n```\nxs = []\nfor i in range(3):\n    xs.append(i * 2)\nprint(xs, len(xs))\n```',
    '[0, 2, 4] 3',
  ],
  ['What does this print?\n```python\nwhile True:\n    x = 1\nprint(x)\n```', undefined],
  ['What does this print?\n```python\nprint(-7 // 2, -7 % 3)\n```', '-4 2'],
  ['What does this print?\n```python\nimport os\nprint(os.name)\n```', undefined],
  ['Write a poem about trains.', undefined],
  ['What is the capital of France?', undefined],
  ['', undefined],
])('%j is answered by %j', (prompt, answer) => {
  expect(recogniseTask(prompt)?.answer).toBe(answer)
})

it('reads hostile text in bounded time', () => {
  const hostile = [
    '('.repeat(390),
    '1'.repeat(400),
    'a is '.repeat(2000),
    '"'.repeat(3000),
    `${'A is taller than B. B is taller than A. '.repeat(70)}Who is the tallest?`,
    `Extract name as JSON: ${'Aa '.repeat(1200)}`,
    `prints:\nprint(${'('.repeat(1900)}1${')'.repeat(1900)})`,
    `prints:\nfor i in range(20000):\n    for j in range(20000):\n        x = 1\nprint(1)`,
  ]
  // A runaway parser shows as this test's time-out, a deep one as a RangeError.
  expect(hostile.map((prompt) => recogniseTask(prompt)?.answer)).toEqual(hostile.map(() => undefined))
})
