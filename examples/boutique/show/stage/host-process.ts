import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ConnectionConfig } from 'archipel'
import type { HostOptions } from './scene.ts'

export type LogLine = Readonly<Record<string, unknown>>

interface Addresses {
  readonly url: string
  readonly operationsUrl: string
  readonly providerUrl: string
  readonly dataFolder: string
  readonly admin: ConnectionConfig
}

export interface Host {
  readonly process: ChildProcess
  readonly addresses: Addresses
  readonly over: Promise<number | string>
}

const HOST = fileURLToPath(new URL('./host.ts', import.meta.url))

/**
 * Starts a host and waits until it serves.
 * @param past where its log goes on, and the host before, whose addresses stand for one that kills itself before it is
 * ready.
 */
export async function startHost(
  options: HostOptions,
  environment: Record<string, string>,
  past: { readonly log: LogLine[]; readonly former: Host | undefined },
): Promise<Host> {
  const child = fork(HOST, {
    execArgv: process.execArgv,
    env: { ...process.env, ...environment, PORT: '0', SHOW_HOST: JSON.stringify(options) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let errors = ''
  let rest = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    past.log.push(...lines.map((line): LogLine => JSON.parse(line)))
  })
  const over = once(child, 'exit').then(([code, signal]: (number | string)[]) => code ?? signal ?? 'unknown')
  const ready = once(child, 'message').then(([message]: Addresses[]) => message)
  const addresses = await Promise.race([
    ready,
    over.then(() => (options.killAt === undefined ? undefined : past.former?.addresses)),
  ])
  if (!addresses) throw new Error(`the host ended before it was ready: ${errors}`)
  return { process: child, addresses, over }
}
