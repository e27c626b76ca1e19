import { type Command, InvalidArgumentError, Option } from 'commander'

/** The flags that say where settings and data are; every command that opens something has them. */
export function withConfigFlags(command: Command): Command {
  return command
    .option('--config <file>', 'configuration to read (default: pointsman.yaml in this folder)')
    .option('--database <file>', 'database, instead of the one configured')
    .option('--log-level <level>', 'silent, error, warn, info, debug or trace')
}

export function portOption(): Option {
  return new Option('--port <number>', 'port to listen on; 0 takes a free one (default: 8400)').argParser((text) => {
    const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (!(port <= 65_535)) throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
    return port
  })
}
