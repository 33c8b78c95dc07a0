import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parseSync } from 'oxc-parser'

/** One source file, as far as the rules look at it. Paths are relative to the root, with slashes. */
export interface SourceModule {
  readonly path: string
  readonly lines: number
  readonly imports: readonly Import[]
  readonly functions: readonly FunctionSize[]
  /** Lines with `export *`. */
  readonly starExports: readonly number[]
  /** Lines with `new Date()` or `Date()`: the present moment, read past the clock. */
  readonly presentDates: readonly number[]
}

export interface Import {
  readonly specifier: string
  /** The file that a relative specifier means. */
  readonly target: string | undefined
  readonly line: number
}

interface FunctionSize {
  readonly name: string
  readonly line: number
  readonly lines: number
}

const SOURCES = ['packages/*/src/**/*.ts', 'examples/**/*.ts', 'bench/*.ts', 'tools/**/*.ts', '*.config.ts']

export function readModules(root: string): SourceModule[] {
  const skipped = (name: string) => name.includes('node_modules') || name.includes('.archipel')
  return globSync(SOURCES, { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !skipped(path))
    .toSorted()
    .map((path) => parseModule(path, readFileSync(join(root, path), 'utf8')))
}

export function parseModule(path: string, source: string): SourceModule {
  const { program, module, errors } = parseSync(path, source)
  const fault = errors.find((error) => error.severity === 'Error')
  if (fault !== undefined) throw new Error(`${path}: ${fault.message}`)

  const lineOf = lineFinder(source)
  const found: Found = { imports: [], functions: [], presentDates: [] }
  const addImport = (specifier: string, offset: number) =>
    found.imports.push({ specifier, target: targetOf(path, specifier), line: lineOf(offset) })

  for (const { moduleRequest, start } of module.staticImports) addImport(moduleRequest.value, start)
  const starExports: number[] = []
  for (const { entries, start } of module.staticExports) {
    const from = entries.find((entry) => entry.moduleRequest !== null)?.moduleRequest
    if (from != null) addImport(from.value, start)
    if (entries.some((entry) => entry.importName.kind.startsWith('All'))) starExports.push(lineOf(start))
  }
  if (isNode(program)) walk(program, '', { found, lineOf, addImport })
  return { path, lines: source.split('\n').length, starExports, ...found }
}

interface Found {
  readonly imports: Import[]
  readonly functions: FunctionSize[]
  readonly presentDates: number[]
}

interface Walk {
  readonly found: Found
  readonly lineOf: (offset: number) => number
  readonly addImport: (specifier: string, offset: number) => void
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [member: string]: unknown
}

function walk(node: Node, name: string, context: Walk): void {
  inspect(node, name, context)
  const own = nameOf(node) ?? ''
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, own, context)
  }
}

function inspect(node: Node, name: string, { found, lineOf, addImport }: Walk): void {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression': {
      const line = lineOf(node.start)
      found.functions.push({
        name: nameOf(node) ?? (name || '(anonymous)'),
        line,
        lines: lineOf(node.end) - line + 1,
      })
      return
    }
    case 'NewExpression':
    case 'CallExpression':
      if (
        nameOf(node.callee) === 'Date' &&
        Array.isArray(node['arguments']) &&
        node['arguments'].length === 0
      ) {
        found.presentDates.push(lineOf(node.start))
      }
      return
    case 'ImportExpression':
    case 'TSImportType': {
      const { source } = node
      if (isNode(source) && typeof source['value'] === 'string') {
        addImport(source['value'], node.start)
      }
    }
  }
}

/** The name that a declaration, a property or an identifier gives; that of `const f = () => …` is on the outside. */
function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') return String(node['name'])
  return nameOf(node['id']) ?? nameOf(node['key'])
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

function targetOf(path: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
}

function lineFinder(source: string): (offset: number) => number {
  const starts = [0]
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    const next = starts.findIndex((start) => start > offset)
    return next === -1 ? starts.length : next
  }
}
