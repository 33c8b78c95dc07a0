// The page of all public exports, made from the sources that `archipel` and `archipel/testing` re-export by name.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { FOR_EXTENDERS } from './api-audience.ts'

/** A declaration as a reader of the package sees it. */
interface Declared {
  readonly name: string
  readonly kind: 'function' | 'type'
  /** What its comment says. */
  readonly about: string
  /** Its signatures, or the whole of a type, without bodies. */
  readonly text: string
  readonly file: string
}

type Span = { readonly start: number; readonly end: number }
type Program = ReturnType<typeof parseSync>['program']
type Statement = Program['body'][number]

const INTRODUCTION = `# API at a glance

Every export of \`archipel\` and \`archipel/testing\`, with its signature and what it is for, made from the source. Types that signatures name follow at the end of each part; what only
extenders of the framework need stands last.
`

const EXTENDING = `For who extends the framework

An application needs none of this: parts of hosts and brokers, what the builders give as data, and types by which the compiler judges.
From \`archipel/testing\` come \`createThrowawayDatabase\` and \`createVirtualTime\` with their types, from \`archipel\` the rest.`

const source = join(import.meta.dirname, '../packages/archipel/src')
/** The entries of the package that users import from. */
const DOORS = [
  { name: 'archipel', file: join(source, 'index.ts') },
  { name: 'archipel/testing', file: join(source, 'testing/index.ts') },
]

export function apiPage(): string {
  const doors = DOORS.map(({ name, file }) => ({
    name,
    exported: exportsOf(file).map((each) => declared(each.file, each.name)),
  }))
  const known = new Set(doors.flatMap(({ exported }) => exported.map(({ name }) => name)))
  const further: { exported: Declared[]; named: Declared[] } = { exported: [], named: [] }
  const parts = doors.map(({ name, exported }) => {
    const forAll = apart(exported, further.exported)
    return chapter(name, forAll, apart(typesNamedBy(forAll, known), further.named))
  })
  const all = [...further.exported, ...further.named]
  const stale = [...FOR_EXTENDERS].filter((name) => all.every((each) => each.name !== name))
  if (stale.length > 0) throw new Error(`api-audience.ts names what nobody exports: ${stale.join(', ')}`)
  parts.push(chapter(EXTENDING, further.exported, [...further.named, ...typesNamedBy(all, known)]))
  return `${[INTRODUCTION.trimEnd(), ...parts].join('\n\n')}\n`
}

/** Puts what only extenders of the framework need aside. @returns the rest */
function apart(all: readonly Declared[], aside: Declared[]): Declared[] {
  aside.push(...all.filter(({ name }) => FOR_EXTENDERS.has(name)))
  return all.filter(({ name }) => !FOR_EXTENDERS.has(name))
}

function chapter(title: string, exported: readonly Declared[], named: readonly Declared[]): string {
  return [
    `## ${title}`,
    section('Functions', exported, 'function'),
    section('Types', exported, 'type'),
    section('Types that these name, not exported', named, 'type'),
  ].join('\n\n')
}

function section(title: string, all: readonly Declared[], kind: Declared['kind']): string {
  const entries = all.filter((each) => each.kind === kind).toSorted((a, b) => a.name.localeCompare(b.name))
  return [`### ${title}`, ...entries.map(({ name, about, text }) => entry(name, about, text))].join('\n\n')
}

function entry(name: string, about: string, text: string): string {
  return [`#### ${name}`, about, `\`\`\`ts\n${text}\n\`\`\``].filter((part) => part !== '').join('\n\n')
}

interface Source {
  readonly text: string
  readonly program: Program
  readonly comments: readonly Span[]
}

const sources = new Map<string, Source>()
function sourceOf(file: string): Source {
  let source = sources.get(file)
  if (source === undefined) {
    const text = readFileSync(file, 'utf8')
    const { program, comments } = parseSync(file, text)
    source = { text, program, comments }
    sources.set(file, source)
  }
  return source
}

/** The names that an index hands on, each with the file that says it. */
function exportsOf(file: string): { name: string; file: string }[] {
  return sourceOf(file).program.body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration' || statement.source === null) return []
    const from = join(dirname(file), statement.source.value)
    return statement.specifiers.flatMap(({ exported }) =>
      exported.type === 'Identifier' ? [{ name: exported.name, file: from }] : [],
    )
  })
}

/** Follows re-exports and imports down to the declaration. */
function find(file: string, name: string): { file: string; statements: Statement[] } | undefined {
  const own = sourceOf(file).program.body.filter((statement) => namesOf(statement).includes(name))
  if (own.length > 0) return { file, statements: own }
  for (const statement of sourceOf(file).program.body) {
    if (statement.type !== 'ExportNamedDeclaration' && statement.type !== 'ImportDeclaration') continue
    const from = statement.source?.value
    if (from === undefined || !from.startsWith('.')) continue
    const names: string[] = statement.specifiers.map(({ local }) => ('name' in local ? local.name : ''))
    if (names.includes(name)) return find(join(dirname(file), from), name)
  }
  return undefined
}

function namesOf(statement: Statement): string[] {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
  if (declaration === null) return []
  if (declaration.type === 'VariableDeclaration')
    return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
  return 'id' in declaration && declaration.id?.type === 'Identifier' ? [declaration.id.name] : []
}

function declared(from: string, name: string): Declared {
  const found = find(from, name)
  const [first] = found?.statements ?? []
  if (found === undefined || first === undefined) throw new Error(`${from} exports ${name}, which is nowhere`)
  const { text } = sourceOf(found.file)
  const functions = found.statements.filter(isFunctionLike)
  const overloads = functions.filter((statement) => bodyOf(statement) === undefined)
  const shown = overloads.length > 0 ? overloads : found.statements
  return {
    name,
    kind: functions.length > 0 || isValue(first) ? 'function' : 'type',
    about: aboutOf(found.file, first),
    text: shown.map((statement) => signatureOf(text, statement)).join('\n'),
    file: found.file,
  }
}

function inner(statement: Statement) {
  return statement.type === 'ExportNamedDeclaration' && statement.declaration !== null
    ? statement.declaration
    : statement
}

function isFunctionLike(statement: Statement): boolean {
  const { type } = inner(statement)
  return type === 'FunctionDeclaration' || type === 'TSDeclareFunction'
}

function isValue(statement: Statement): boolean {
  return ['VariableDeclaration', 'ClassDeclaration'].includes(inner(statement).type)
}

function bodyOf(statement: Statement): Span | undefined {
  const declaration = inner(statement)
  return 'body' in declaration && declaration.body !== null && isFunctionLike(statement)
    ? (declaration.body as Span)
    : undefined
}

function signatureOf(text: string, statement: Statement): string {
  const declaration = inner(statement)
  const end = bodyOf(statement)?.start ?? cutOf(declaration) ?? declaration.end
  return text
    .slice(declaration.start, end)
    .replace(/^declare /, '')
    .trim()
    .replace(/ =$/, '')
}

/** Of a value its type says enough; of a class its head. */
function cutOf(declaration: ReturnType<typeof inner>): number | undefined {
  if (declaration.type === 'VariableDeclaration') return declaration.declarations[0]?.id.end
  return declaration.type === 'ClassDeclaration' ? declaration.body.start : undefined
}

/** The comment right above a statement, as prose. */
function aboutOf(file: string, statement: Statement): string {
  const { text, comments } = sourceOf(file)
  const above = comments.findLast(
    ({ start, end }) =>
      end <= statement.start &&
      text.slice(start, start + 3) === '/**' &&
      text.slice(end, statement.start).trim() === '',
  )
  if (above === undefined) return ''
  const lines = text
    .slice(above.start + 3, above.end - 2)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
  return lines
    .join('\n')
    .trim()
    .replaceAll(/\{@link (\w+)\}/g, '`$1`')
    .replaceAll(/^@(param|returns|throws)/gm, '\n@$1')
    .replaceAll(/^@(\w+)/gm, '_$1_')
    .replaceAll(/ @(throws|returns) /g, ' _$1_ ')
}

/** What these don't export concerns nobody but themselves. */
const INNER_ROOMS = /\/(storage|messaging|host|environment)\//

/** How far from an export a type may be that its reader needs: the options of an option. */
const FURTHEST = 3

/** Types of the package that the exported ones name and that are not exported themselves. */
function typesNamedBy(exported: readonly Declared[], known: Set<string>): Declared[] {
  const found: Declared[] = []
  let outer = exported
  for (let distance = 0; distance < FURTHEST; distance++) {
    outer = outer.flatMap((each) => namedIn(each, known))
    found.push(...outer)
  }
  return found
}

function namedIn({ text, file }: Declared, known: Set<string>): Declared[] {
  return (text.match(/\b[A-Z]\w+\b/g) ?? []).flatMap((name) => {
    if (known.has(name) || find(file, name) === undefined) return []
    known.add(name)
    const type = declared(file, name)
    if (INNER_ROOMS.test(type.file)) return []
    return type.kind === 'type' && (type.about !== '' || type.text.startsWith('interface')) ? [type] : []
  })
}
