import type { Import, SourceModule } from './modules.ts'

/** The rooms of the framework, in the order of arrows: each may use those before it. */
const ROOMS = [
  'environment',
  'errors',
  'contract',
  'resilience',
  'telemetry',
  'call',
  'storage',
  'messaging',
  'eventsourcing',
  'saga',
  'service',
  'network',
  'host',
  'gateway',
  'control',
  'application',
  'deploy',
  'testing',
  'cli',
]

const FRAMEWORK = 'packages/archipel/src/'

/** Rooms that may read the present moment: the clock itself, and what stands outside of an application. */
const ROOMS_WITH_A_CLOCK = new Set(['environment', 'testing', 'cli'])

/** Answers one line per broken rule. `doors` are the names under which users import the framework. */
export function violations(modules: readonly SourceModule[], doors: ReadonlySet<string>): string[] {
  const found: string[] = []
  for (const module of modules) {
    for (const imported of module.imports) {
      const problem = problemOf(module.path, imported, doors)
      if (problem !== undefined) found.push(`${module.path}:${imported.line} ${problem}`)
    }
    for (const line of module.starExports)
      found.push(`${module.path}:${line} export *: list the names by hand`)
    if (!mayReadTheClock(module.path)) {
      for (const line of module.presentDates)
        found.push(`${module.path}:${line} new Date(): use the environment's clock`)
    }
  }
  for (const circle of circles(modules)) found.push(`circle: ${circle.join(' → ')}`)
  return found
}

/**
 * Files of the framework that are published although nothing that users can enter leads to them: what only tests need is
 * an `x.fixture.ts`, what only tools need stands with the tools. @param entries the files behind the doors.
 */
export function unreached(modules: readonly SourceModule[], entries: readonly string[]): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]))
  const reached = new Set<string>()
  const visit = (path: string): void => {
    if (reached.has(path)) return
    reached.add(path)
    for (const { target } of byPath.get(path)?.imports ?? []) if (target !== undefined) visit(target)
  }
  entries.forEach(visit)
  return modules
    .filter(({ path }) => path.startsWith(FRAMEWORK) && !isTest(path) && !reached.has(path))
    .map(({ path }) => `${path} is published, and no door leads to it`)
}

function problemOf(path: string, imported: Import, doors: ReadonlySet<string>): string | undefined {
  if (path.startsWith(FRAMEWORK)) return problemInFramework(path, imported)
  const { specifier, target } = imported
  if (isByName(specifier))
    return doors.has(specifier) ? undefined : `imports ${specifier}, which is not exported`
  if (target === undefined) return undefined
  const example = /^examples\/[^/]+\//.exec(path)?.[0]
  if (example !== undefined)
    return target.startsWith(example) ? undefined : `imports ${target} from outside its own folder`
  // The tools write pages from what is inside of the framework; everybody else is a user.
  return target.startsWith('packages/') && !path.startsWith('tools/')
    ? `reaches into the framework: ${target}`
    : undefined
}

function problemInFramework(path: string, { specifier, target }: Import): string | undefined {
  if (target === undefined) return isByName(specifier) ? 'imports the framework by its name' : undefined
  if (!target.startsWith(FRAMEWORK)) return `the framework imports ${target} from outside`
  const from = roomOf(path)
  const to = roomOf(target)
  if (to === undefined) return 'a room imports the front door of the package'
  if (from === to) return undefined
  if (!ROOMS.includes(to)) return `${to} is no room`
  // A test takes the one piece of the harness that it needs, whatever room it stands in.
  if (isTest(path) && to === 'testing') return undefined
  if (target !== `${FRAMEWORK}${to}/index.ts`) return `reaches into a room: ${target}`
  // The front door (src/index.ts) lists the names of all rooms.
  if (from === undefined) return undefined
  if (!ROOMS.includes(from)) return `${from} is no room`
  return ROOMS.indexOf(to) < ROOMS.indexOf(from) ? undefined : `arrow up: ${from} imports ${to}`
}

function roomOf(path: string): string | undefined {
  const [room, ...rest] = path.slice(FRAMEWORK.length).split('/')
  return rest.length === 0 ? undefined : room
}

/** A test, or what tests share: `x.fixture.ts`. */
function isTest(path: string): boolean {
  return /\.(test|test-d|fixture)\.ts$/.test(path)
}

function isByName(specifier: string): boolean {
  return specifier === 'archipel' || specifier.startsWith('archipel/')
}

function mayReadTheClock(path: string): boolean {
  return !path.startsWith(FRAMEWORK) || isTest(path) || ROOMS_WITH_A_CLOCK.has(roomOf(path) ?? '')
}

/**
 * Files that import each other in a circle, also one of types alone: none of them can be read before the others.
 * Wherever there are some, one at least is found.
 */
function circles(modules: readonly SourceModule[]): string[][] {
  const byPath = new Map(modules.map((module) => [module.path, module]))
  const done = new Set<string>()
  const found: string[][] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(path)
    if (seenAt !== -1) found.push([...trail.slice(seenAt), path])
    if (seenAt !== -1 || done.has(path)) return
    for (const { target } of byPath.get(path)?.imports ?? []) {
      if (target !== undefined) visit(target, [...trail, path])
    }
    done.add(path)
  }
  for (const module of modules) visit(module.path, [])
  return found
}
