import { expect, test } from 'vitest'
import { parameterNames } from '../../providers/parameters/parameter.ts'
import { parameterTable } from '../../providers/parameters/parameter-table.ts'
import { parametersPage } from './parameters-page.ts'

test('has a row for every parameter and names every API', () => {
  const page = parametersPage()
  for (const name of parameterNames) expect(page).toContain(`| \`${name}\` |`)
  for (const name of Object.keys(parameterTable)) expect(page).toContain(`\`${name}\``)
})
