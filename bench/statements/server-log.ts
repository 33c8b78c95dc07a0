import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Client } from 'pg'
import { seenPlan, type LoggedPlan, type SeenPlan } from './plan.ts'

/** Makes PostgreSQL write each statement's plan, with what it read, into its log: for the bench's own server only. */
export interface ServerLog extends AsyncDisposable {
  /** The plans of everything that was run while `work` was at work, statements inside of functions included. */
  plansOf(work: () => Promise<void>): Promise<SeenPlan[]>
}

/** Who asked comes first, so that our own questions are told from the shop's. */
const PREFIX = '%u@%d/%a '
const HEAD = /^(\S+)@(\S+)\/(.*) LOG: {2}duration: [\d.]+ ms {2}plan:$/
export const OURSELVES = 'bench'

const QUIET = 'alter system set auto_explain.log_min_duration = -1'
const LOUD = 'alter system set auto_explain.log_min_duration = 0'
const SETTINGS = [
  "load 'auto_explain'",
  "alter system set session_preload_libraries = 'auto_explain'",
  'alter system set auto_explain.log_analyze = on',
  'alter system set auto_explain.log_buffers = on',
  'alter system set auto_explain.log_timing = off',
  'alter system set auto_explain.log_nested_statements = on',
  'alter system set auto_explain.log_format = json',
  'alter system set auto_explain.log_parameter_max_length = 0',
  `alter system set log_line_prefix = '${PREFIX}'`,
  // What it would do by itself is what is compared: a table before and after ANALYZE.
  'alter system set autovacuum = off',
]
/** Sessions take new settings up between two statements. */
const RELOAD = 'select pg_reload_conf()'
const SETTLE_MS = 500

/** @param databaseUrl of the administrator. Sessions that begin from now on are listened to. */
export async function openServerLog(databaseUrl: string, logFile: string): Promise<ServerLog> {
  const admin = new Client({ connectionString: databaseUrl, application_name: OURSELVES })
  await admin.connect()

  async function set(...texts: readonly string[]): Promise<void> {
    for (const text of [...texts, RELOAD]) await admin.query(text)
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  }

  await set(...SETTINGS, QUIET)
  return {
    async plansOf(work) {
      const { size } = await stat(logFile)
      await set(LOUD)
      try {
        await work()
      } finally {
        await set(QUIET)
      }
      return readPlans(logFile, size)
    },
    [Symbol.asyncDispose]: () => admin.end(),
  }
}

async function readPlans(logFile: string, start: number): Promise<SeenPlan[]> {
  const plans: SeenPlan[] = []
  let head: RegExpExecArray | null = null
  let body = ''
  const take = () => {
    const [, role = '', database = '', application] = head ?? []
    if (head && application !== OURSELVES)
      plans.push(seenPlan({ role, database }, JSON.parse(body) as LoggedPlan))
    head = null
    body = ''
  }
  for await (const line of createInterface({ input: createReadStream(logFile, { start }) })) {
    // What belongs to an entry is set in by a tab.
    if (line.startsWith('\t')) {
      if (head) body += line
      continue
    }
    take()
    head = HEAD.exec(line)
  }
  take()
  return plans
}
