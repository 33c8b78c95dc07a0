import { startHostProcess, type HostProcess } from './host-process.ts'

/** The shop in a process of its own, and its PostgreSQL: what a drill kills and starts again. */
export interface Victims {
  /** Starts a host and waits until it serves. @param variables of this one process. */
  start(variables?: Readonly<Record<string, string>>): Promise<void>
  /** The host that was started last. */
  readonly host: HostProcess
  /** SIGKILL to the host, then a new one on the same data. */
  killHost(): Promise<void>
  /** SIGKILL to the PostgreSQL server; the host is left to bring it back. */
  killDatabase(): Promise<void>
  /** SIGTERM, as an operator would; SIGKILL if that does nothing. */
  stop(): Promise<void>
  /** The last lines that the host wrote to its log. */
  log(): string
}

export interface VictimOptions {
  readonly port: number
  readonly dataFolder: string
  /** Variables of each host's environment, such as the bug to plant. */
  readonly variables: Readonly<Record<string, string>>
  /** The id of the PostgreSQL server's process. */
  databaseProcess(): Promise<number>
}

const LOG_LINES = 12

export function createVictims({ port, dataFolder, variables, databaseProcess }: VictimOptions): Victims {
  let host: HostProcess | undefined
  const lines: string[] = []

  async function start(further: Readonly<Record<string, string>> = {}): Promise<void> {
    host = startHostProcess({
      port,
      dataFolder,
      variables: { ...variables, ...further },
      onLine(line) {
        lines.push(line)
        lines.splice(0, lines.length - LOG_LINES)
      },
    })
    await host.ready()
  }

  return {
    start,
    get host() {
      if (!host) throw new Error('no host was started yet')
      return host
    },
    async killHost() {
      await host?.end('SIGKILL')
      await start()
    },
    async killDatabase() {
      process.kill(await databaseProcess(), 'SIGKILL')
    },
    stop: async () => host?.end('SIGTERM'),
    log: () => lines.map((line) => line.slice(0, 400)).join('\n'),
  }
}
