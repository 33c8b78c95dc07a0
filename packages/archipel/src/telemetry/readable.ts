import type { LogDestination } from './options.ts'

const COLOURS: Readonly<Record<string, string>> = {
  debug: '\u001b[2m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
}
const DIM = '\u001b[2m'
const RESET = '\u001b[0m'
const OWN_FIELDS = new Set(['level', 'time', 'application', 'instance', 'message', 'stack'])

/** A form of one field that keeps a line one line: control characters of outside texts stay escaped. */
function shown(value: unknown): string {
  return typeof value === 'string' && /^[\w:./@+-]+$/.test(value) ? value : JSON.stringify(value)
}

function stackOf(line: Record<string, unknown>): string {
  const { error } = line
  if (typeof error !== 'object' || error === null || !('stack' in error) || typeof error.stack !== 'string')
    return ''
  const safe = error.stack.replaceAll(/[^\n\x20-\x7e\u00a0-\uffff]/g, '')
  return `\n${DIM}${safe}${RESET}`
}

function readable(text: string): string {
  const line: Record<string, unknown> = JSON.parse(text)
  const level = String(line['level'])
  const time = String(line['time']).slice(11, 23)
  const fields = Object.entries(line)
    .filter(([name]) => !OWN_FIELDS.has(name) && name !== 'error')
    .map(([name, value]) => `${name}=${shown(value)}`)
  const given = line['message']
  const message = (typeof given === 'string' ? given : '').replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, ' ')
  const colour = COLOURS[level] ?? ''
  return `${DIM}${time}${RESET} ${colour}${level.padEnd(5)}${RESET} ${message}${DIM}${fields.map((field) => ` ${field}`).join('')}${RESET}${stackOf(line)}\n`
}

/** Turns JSON lines into short ones for a person at a terminal. */
export function readableDestination(destination: LogDestination): LogDestination {
  return { write: (line) => destination.write(readable(line)) }
}
