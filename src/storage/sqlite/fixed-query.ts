import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { CompiledQuery } from 'kysely'

/**
 * A query that is compiled and prepared once and run with other parameters each time, past Kysely: its layers cost more
 * than SQLite needs for a row. The statements of every request are such ones.
 */
export class FixedQuery<Row extends object, Result = never> {
  readonly #statement: StatementSync
  readonly #columns: readonly (keyof Row)[]

  /**
   * @param columns one per parameter of the query, in their order.
   * @param compile makes the query from a row that stands for all; what its values are does not matter.
   */
  constructor(
    connection: DatabaseSync,
    columns: readonly (keyof Row)[],
    compile: (row: Row) => CompiledQuery<unknown>,
  ) {
    const query = compile(Object.fromEntries(columns.map((column) => [column, 0])) as Row)
    if (query.parameters.length !== columns.length) {
      throw new Error(`The query has ${query.parameters.length} parameters for ${columns.length} columns`)
    }
    this.#statement = connection.prepare(query.sql)
    this.#columns = columns
  }

  /** Runs a statement that changes rows; returns how many. */
  change(row: Row): number {
    return Number(this.#statement.run(...this.#parameters(row)).changes)
  }

  /** The first row that the query returns. */
  first(row: Row): Result | undefined {
    return this.#statement.get(...this.#parameters(row)) as Result | undefined
  }

  /** All rows that the query returns. */
  all(row: Row): Result[] {
    return this.#statement.all(...this.#parameters(row)) as Result[]
  }

  #parameters(row: Row): SQLInputValue[] {
    return this.#columns.map((column) => row[column] as SQLInputValue)
  }
}
