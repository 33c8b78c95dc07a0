import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'

/** One small change of the source that ought to break a promise. */
export interface Mutant {
  readonly path: string
  readonly line: number
  readonly kind: Kind
  /** The text at `offset`, and what stands there instead. */
  readonly offset: number
  readonly before: string
  readonly after: string
}

export type Kind = 'comparison' | 'constant' | 'await' | 'logic' | 'statement' | 'commit' | 'sql'

/** What is shipped and what the shop runs on; tests, drills and shows are no promise. */
const SOURCES = ['packages/archipel/src/**/*.ts', 'examples/boutique/**/*.ts']
const NO_PROMISE =
  /\.test(-d)?\.ts$|\.fixture\.ts$|\/testing|-migrations?\.ts$|examples\/boutique\/(drill|fuzz|show|attacks|demo|whole-shop|upgrade)\/|node_modules|\.archipel/

const COMPARISONS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
}
const LOGIC: Readonly<Record<string, string>> = { '&&': '||', '||': '&&' }
/** In SQL, with what stands around them. */
const SQL: readonly (readonly [RegExp, string])[] = [
  [/ for (?:no key )?update(?: of \w+)?(?! skip)/g, ''],
  [/ and /g, ' or '],
  [/ <= /g, ' < '],
  [/ > /g, ' >= '],
  [/ = /g, ' <> '],
]
const IS_SQL = /\b(select|insert into|update|delete from)\b/i

export function readSites(root: string): Mutant[] {
  return globSync(SOURCES, { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !NO_PROMISE.test(path))
    .toSorted()
    .flatMap((path) => sitesOf(path, readFileSync(join(root, path), 'utf8')))
}

/** Every place of a file where it could be changed. */
export function sitesOf(path: string, source: string): Mutant[] {
  const found: Mutant[] = []
  const add = (kind: Kind, start: number, before: string, after: string) => {
    const offset = source.indexOf(before, start)
    const line = source.slice(0, offset).split('\n').length
    if (offset !== -1) found.push({ path, line, kind, offset, before, after })
  }
  const swapOverCommits = (body: readonly Spanned[]) => {
    body.forEach((statement, index) => {
      const next = body[index + 1]
      if (next === undefined || !/\.commit\(/.test(textOf(source, statement))) return
      if (statement.type !== 'ExpressionStatement' || next.type !== 'ExpressionStatement') return
      const before = source.slice(statement.start, next.end)
      add('commit', statement.start, before, `${textOf(source, next)}\n${textOf(source, statement)}`)
    })
  }
  new Visitor({
    BinaryExpression({ operator, left, right }) {
      const other = COMPARISONS[operator]
      const between = source.slice(left.end, right.start)
      if (other !== undefined) add('comparison', left.end, between, between.replace(operator, other))
    },
    LogicalExpression({ operator, left, right }) {
      const other = LOGIC[operator]
      const between = source.slice(left.end, right.start)
      if (other !== undefined) add('logic', left.end, between, between.replace(operator, other))
    },
    Literal({ value, raw, start }) {
      // A long timeout that is a little longer breaks no promise; none instead of one may.
      if (typeof value === 'number' && value <= 3 && raw !== null)
        add('constant', start, raw, String(value + 1))
      if (typeof value === 'boolean') add('constant', start, String(value), String(!value))
    },
    AwaitExpression({ start }) {
      add('await', start, 'await ', '')
    },
    ExpressionStatement(statement) {
      const { expression, start } = statement
      const call = expression.type === 'AwaitExpression' ? expression.argument : expression
      if (call.type === 'CallExpression') add('statement', start, textOf(source, statement), ';')
    },
    BlockStatement({ body }) {
      swapOverCommits(body)
    },
    TemplateElement({ start, end }) {
      const text = source.slice(start, end)
      if (!IS_SQL.test(text)) return
      for (const [pattern, after] of SQL)
        for (const match of text.matchAll(pattern)) add('sql', start + match.index, match[0], after)
    },
  }).visit(parseSync(path, source).program)
  return found
}

interface Spanned {
  readonly type: string
  readonly start: number
  readonly end: number
}

function textOf(source: string, { start, end }: Spanned): string {
  return source.slice(start, end)
}

/** The source with this change in it. */
export function mutate(source: string, { offset, before, after }: Mutant): string {
  return source.slice(0, offset) + after + source.slice(offset + before.length)
}
