import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { EXIT, ImportFailure } from './import-failure.ts'
import type { ImportOptions } from './run-import.ts'

const DEFAULT_EMAIL = 'trade@boutique.example'
const DEFAULT_CONCURRENCY = 8
const MOST_CONCURRENCY = 256

export const USAGE = `npm run import -- [FILE] [--target URL] [--as EMAIL] [--concurrency N] [--rejects FILE] [--json]

  FILE              the trade file (default: ARCHIPEL_TRADE_FILE)
  --target URL      the shop (default: http://127.0.0.1:3000, or the port in PORT)
  --as EMAIL        an account with the role trade (default: ${DEFAULT_EMAIL}); its password comes from
                    ARCHIPEL_PASSWORD, else from demo-accounts.json in the data folder
  --concurrency N   requests at once (default: ${DEFAULT_CONCURRENCY})
  --rejects FILE    where rejected invoices go (default: import/NAME.rejects.csv in the data folder)
  --json            the report as JSON`

export interface CommandLine extends ImportOptions {
  readonly json: boolean
}

type Variables = Readonly<Record<string, string | undefined>>

const Accounts = z.array(z.object({ email: z.string(), password: z.string() }))

/** @returns what to import and how, or undefined when help was asked for. @throws ImportFailure */
export async function readCommandLine(
  args: readonly string[],
  variables: Variables,
): Promise<CommandLine | undefined> {
  const { values, positionals } = parse(args)
  if (values.help) return undefined
  const [path = variables['ARCHIPEL_TRADE_FILE'], ...more] = positionals
  if (path === undefined || path === '') throw usage('name the trade file, or set ARCHIPEL_TRADE_FILE')
  if (more.length > 0) throw usage(`one file at a time; '${more[0]}' is another`)
  const dataFolder = resolve(variables['ARCHIPEL_DATA'] ?? '.archipel')
  const email = values.as ?? DEFAULT_EMAIL
  const rejectsPath = values.rejects ?? join(dataFolder, 'import', `${basename(path, '.csv')}.rejects.csv`)
  return {
    path,
    rejectsPath,
    email,
    target: targetOf(values.target ?? `http://127.0.0.1:${variables['PORT'] ?? '3000'}`),
    concurrency: concurrencyOf(values.concurrency),
    password: variables['ARCHIPEL_PASSWORD'] ?? (await demonstrationPassword(dataFolder, email)),
    json: values.json,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        target: { type: 'string' },
        as: { type: 'string' },
        concurrency: { type: 'string' },
        rejects: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error))
  }
}

function targetOf(text: string): string {
  if (['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '')) return text
  throw usage(`--target ${text}: this must be a URL such as http://127.0.0.1:3000`)
}

function concurrencyOf(text: string | undefined): number {
  const number = text === undefined ? DEFAULT_CONCURRENCY : Number(text)
  if (Number.isSafeInteger(number) && number >= 1 && number <= MOST_CONCURRENCY) return number
  throw usage(`--concurrency ${text}: this must be a whole number from 1 to ${MOST_CONCURRENCY}`)
}

async function demonstrationPassword(dataFolder: string, email: string): Promise<string> {
  const path = join(dataFolder, 'demo-accounts.json')
  const text = await readFile(path, 'utf8').catch(() => undefined)
  const accounts = text === undefined ? [] : Accounts.parse(JSON.parse(text))
  const account = accounts.find((one) => one.email === email)
  if (account) return account.password
  throw new ImportFailure(
    EXIT.notAllowed,
    `no password for ${email}: set ARCHIPEL_PASSWORD (${text === undefined ? 'there is no' : 'it is not in'} ${path})`,
  )
}

function usage(message: string): ImportFailure {
  return new ImportFailure(EXIT.usage, `${message}\n\n${USAGE}`)
}
