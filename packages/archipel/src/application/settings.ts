import { resolve } from 'node:path'
import { frameworkError } from '../errors/index.ts'

/** Where an application keeps its data and listens, as the environment of its process says. */
export interface Settings {
  /** `ARCHIPEL_DATA`, default `.archipel` in the working directory. */
  readonly dataFolder: string
  /** `PORT`, default 3000; 0 takes free ports. */
  readonly port: number
  /** `DATABASE_URL`: a PostgreSQL of your own instead of the embedded one. */
  readonly databaseUrl: string | undefined
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`: where traces go. */
  readonly otlpEndpoint: string | undefined
}

/** What is wrong with one variable, in words that don't show its value when that is a secret. */
export interface SettingFault {
  /** The name of the variable. */
  readonly path: string
  readonly message: string
}

/** The environment variables of a process. */
export type Variables = Readonly<Record<string, string | undefined>>

/** Every port up to P+9 belongs to the application. */
const HIGHEST_PORT = 65_526

/**
 * @param further finds faults of variables that are the application's own.
 * @throws ARC_CONFIGURATION_INVALID with all faults, each under the name of its variable; never with a value that is a secret.
 */
export function readSettings(
  variables: Variables,
  further: (variables: Variables) => readonly SettingFault[] = () => [],
): Settings {
  const { PORT, ARCHIPEL_DATA, DATABASE_URL, OTEL_EXPORTER_OTLP_ENDPOINT } = variables
  const issues = [
    ...portFaults(PORT),
    ...dataFaults(ARCHIPEL_DATA),
    ...databaseFaults(DATABASE_URL),
    ...endpointFaults(OTEL_EXPORTER_OTLP_ENDPOINT),
    ...further(variables),
  ]
  if (issues.length > 0) {
    const lines = issues.map(({ path, message }) => `  ${path}: ${message}`)
    throw frameworkError(
      'ARC_CONFIGURATION_INVALID',
      `The configuration is not valid:\n${lines.join('\n')}`,
      { details: { issues: issues.map(({ path, message }) => ({ path, message })) } },
    )
  }
  return {
    dataFolder: resolve(ARCHIPEL_DATA ?? '.archipel'),
    port: Number(PORT ?? 3000),
    databaseUrl: DATABASE_URL,
    otlpEndpoint: OTEL_EXPORTER_OTLP_ENDPOINT,
  }
}

type Faults = SettingFault[]

function portFaults(port: string | undefined): Faults {
  if (port === undefined || (/^\d{1,5}$/.test(port) && Number(port) <= HIGHEST_PORT)) return []
  return [
    {
      path: 'PORT',
      message: `'${port}' must be a whole number from 0 to ${HIGHEST_PORT}; 0 takes free ports`,
    },
  ]
}

function dataFaults(folder: string | undefined): Faults {
  return folder === ''
    ? [{ path: 'ARCHIPEL_DATA', message: 'is empty: name a folder, or leave it out for .archipel' }]
    : []
}

function databaseFaults(url: string | undefined): Faults {
  if (url === undefined || ['postgres:', 'postgresql:'].includes(URL.parse(url)?.protocol ?? '')) return []
  return [
    { path: 'DATABASE_URL', message: 'must be a URL such as postgres://user:password@host:5432/database' },
  ]
}

function endpointFaults(endpoint: string | undefined): Faults {
  if (endpoint === undefined || ['http:', 'https:'].includes(URL.parse(endpoint)?.protocol ?? '')) return []
  return [{ path: 'OTEL_EXPORTER_OTLP_ENDPOINT', message: `'${endpoint}' must be an http or https URL` }]
}
