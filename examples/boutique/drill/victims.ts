import { startDrillProcess, type DrillProcess } from './drill-process.ts'

/** The processes of a shop: what a drill kills and starts again. */
export interface Victims {
  /** Starts a host, and the card processor if there is none yet; waits until they serve. @param variables of this one host. */
  start(variables?: Readonly<Record<string, string>>): Promise<void>
  /** The host that was started last. */
  readonly host: DrillProcess
  /** The card processor that was started last. */
  readonly processor: DrillProcess
  /** SIGKILL to the host, then a new one on the same data. */
  killHost(): Promise<void>
  /** SIGKILL to the PostgreSQL server; the host is left to bring it back. */
  killDatabase(): Promise<void>
  /** SIGKILL to the card processor, then a new one with the same books. */
  killProcessor(): Promise<void>
  /** SIGTERM, as an operator would; SIGKILL if that does nothing. */
  stop(): Promise<void>
  /** The last lines that the host wrote to its log. */
  log(): string
}

export interface VictimOptions {
  /** The host's; the card processor has the third one from there. */
  readonly port: number
  readonly dataFolder: string
  /** Variables of each host's environment, such as the bug to plant. */
  readonly variables: Readonly<Record<string, string>>
  /** The id of the PostgreSQL server's process. */
  databaseProcess(): Promise<number>
}

const LOG_LINES = 12
const HOST = new URL('./host.ts', import.meta.url)
const PROCESSOR = new URL('./provider-process.ts', import.meta.url)

export function createVictims({ port, dataFolder, variables, databaseProcess }: VictimOptions): Victims {
  const processorUrl = `http://127.0.0.1:${port + 2}`
  let host: DrillProcess | undefined
  let processor: DrillProcess | undefined
  const lines: string[] = []

  async function start(further: Readonly<Record<string, string>> = {}): Promise<void> {
    host = startDrillProcess({
      script: HOST,
      readyUrl: `http://127.0.0.1:${port}/readyz`,
      port,
      dataFolder,
      variables: { ...variables, DRILL_PROVIDER_URL: processorUrl, ...further },
      onLine(line) {
        lines.push(line)
        lines.splice(0, lines.length - LOG_LINES)
      },
    })
    await host.ready()
    if (!processor) await startProcessor()
  }

  async function startProcessor(): Promise<void> {
    processor = startDrillProcess({
      script: PROCESSOR,
      readyUrl: `${processorUrl}/livez`,
      port: port + 2,
      dataFolder,
      variables: {},
      onLine: () => undefined,
    })
    await processor.ready()
  }

  return {
    start,
    get host() {
      if (!host) throw new Error('no host was started yet')
      return host
    },
    get processor() {
      if (!processor) throw new Error('no card processor was started yet')
      return processor
    },
    async killHost() {
      await host?.end('SIGKILL')
      await start()
    },
    async killDatabase() {
      process.kill(await databaseProcess(), 'SIGKILL')
    },
    async killProcessor() {
      await processor?.end('SIGKILL')
      await startProcessor()
    },
    async stop() {
      await host?.end('SIGTERM')
      await processor?.end('SIGTERM')
    },
    log: () => lines.map((line) => line.slice(0, 400)).join('\n'),
  }
}
