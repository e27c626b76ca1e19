// Assembles the WebAssembly kernel of src/routing/numeric into a module of bytes, so that users need no assembler.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import wabt from 'wabt'

const source = fileURLToPath(new URL('../src/routing/numeric/dot-rows.wat', import.meta.url))
const target = fileURLToPath(new URL('../src/routing/numeric/dot-rows-binary.ts', import.meta.url))

/** @returns the text of dot-rows-binary.ts. */
export async function dotRowsBinary() {
  const assembler = await wabt()
  const module = assembler.parseWat('dot-rows.wat', readFileSync(source, 'utf8'), { simd: true })
  const { buffer } = module.toBinary({})
  const lines = Buffer.from(buffer)
    .toString('hex')
    .match(/.{1,112}/g)
  const text = lines.map((line) => `  '${line}',`).join('\n')
  return `/** dot-rows.wat, assembled by \`npm run kernels\`; hexadecimal. */\nexport const dotRowsBinary = [\n${text}\n].join('')\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, await dotRowsBinary())
