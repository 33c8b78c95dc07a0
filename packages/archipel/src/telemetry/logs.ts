import { pino, type Logger } from 'pino'
import { instant } from '../environment/index.ts'
import type { LogDestination, TelemetryOptions } from './options.ts'
import { readableDestination } from './readable.ts'
import type { Redaction } from './redact.ts'
import type { Log, LogFields } from './types.ts'

const standardOutput: LogDestination = { write: (line) => void process.stdout.write(line) }

function destinationOf(options: TelemetryOptions): LogDestination {
  const destination = options.logDestination ?? standardOutput
  const terminal = options.logDestination === undefined && process.stdout.isTTY
  const format = options.logFormat ?? (terminal ? 'readable' : 'json')
  return format === 'readable' ? readableDestination(destination) : destination
}

function wrap(logger: Logger, redaction: Redaction): Log {
  const level = (name: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: LogFields) => {
    if (!logger.isLevelEnabled(name)) return
    const text = redaction.text(message)
    if (fields === undefined) logger[name](text)
    else logger[name](redaction.fields(fields), text)
  }
  return {
    debug: level('debug'),
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
    with: (fields) => wrap(logger.child(redaction.fields(fields)), redaction),
  }
}

/** Structured log lines on pino; times come from the environment, secrets are taken out before anything is written. */
export function createLog(options: TelemetryOptions, redaction: Redaction): Log {
  const { clock } = options.environment
  const logger = pino(
    {
      level: options.logLevel ?? 'info',
      messageKey: 'message',
      base: {
        application: options.service,
        ...(options.instance !== undefined && { instance: options.instance }),
      },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${instant(clock)}"`,
    },
    destinationOf(options),
  )
  return wrap(logger, redaction)
}
