import type { Environment } from '../environment/index.ts'
import type { Component } from '../host/index.ts'
import type { ConnectionConfig } from '../storage/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { Seams } from './assemble.ts'
import type { CreateInsideClient } from './clients.ts'
import type { SettingFault, Variables } from './settings.ts'

export interface StartOptions {
  /** Holds the embedded PostgreSQL, its secrets and whatever the application keeps beside them. */
  readonly dataFolder: string
  /** The public port; operations are on the next one. Default 3000; 0 takes free ones. */
  readonly port?: number | undefined
  /** A PostgreSQL of your own (15 or later) instead of the embedded one. */
  readonly databaseUrl?: string | undefined
  readonly environment?: Environment | undefined
  /** Where traces go, over OTLP; without it none are recorded. */
  readonly otlpEndpoint?: string | undefined
  /** Default: logs to standard output, traces to `otlpEndpoint`. */
  readonly telemetry?: Telemetry | undefined
  /** What else runs in this host; started after the services and before the doors open. */
  readonly beside?: ((place: Place) => readonly Component[]) | undefined
  /** For tests: parts put between the parts. */
  readonly seams?: Seams | undefined
}

/** A main program: all else comes from the environment variables of the process. */
export interface RunOptions extends Pick<StartOptions, 'beside' | 'seams' | 'environment'> {
  /** Finds faults of variables that are the application's own: they are told together with ours, before anything starts. */
  readonly faults?: ((variables: Variables) => readonly SettingFault[]) | undefined
}

/** What the application offers to whatever else runs in its host. */
export interface Place {
  readonly telemetry: Telemetry
  readonly dataFolder: string
  /** The administrator's way into the application's database. */
  readonly admin: ConnectionConfig
  /** The public port plus `offset`, or 0 where free ports are taken. */
  port(offset: number): number
  /** How to log in to a database of its own on the application's server; it is made where it is missing. */
  database(name: string): Promise<ConnectionConfig>
  /** Calls from inside: internal operations too. */
  readonly client: CreateInsideClient
}

export interface RunningApplication {
  /** Where the gateway listens, such as `http://127.0.0.1:3000`. */
  readonly url: string
  readonly operationsUrl: string
  readonly dataFolder: string
  /** The administrator's way into the application's database: for tests and drills that compare the books. */
  readonly admin: ConnectionConfig
  /** Calls from inside: internal operations too. */
  readonly client: CreateInsideClient
  /** Resolves once no event, saga or activity is in flight. */
  idle(): Promise<void>
  /** Loses nothing: refuses new work, finishes what is in flight, hands back the rest. Doing it twice does nothing. */
  stop(): Promise<void>
}
