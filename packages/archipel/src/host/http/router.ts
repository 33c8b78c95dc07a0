import findMyWay from 'find-my-way'

export interface Match<TRoute> {
  readonly route: TRoute
  /** Decoded once. */
  readonly parameters: Readonly<Record<string, string | undefined>>
}

/** Finds the route of a canonical path; the time doesn't depend on how many routes there are. */
export interface Router<TRoute> {
  find(method: string, path: string): Match<TRoute> | undefined
  /** The methods that a path has; empty for a path that doesn't exist. */
  allowed(path: string): string[]
}

export interface RouteEntry<TRoute> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** An OpenAPI path template. */
  readonly template: string
  readonly route: TRoute
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
// The server bounds the whole head: what is too long for its contract is refused by that, with a reason.
const LONGEST_PARAMETER = 16_384

function isMethod(method: string): method is (typeof METHODS)[number] {
  return METHODS.some((known) => known === method)
}

/** `/orders/{id}` as the router writes it; a colon of the template's own is doubled. */
function pattern(template: string): string {
  return template.replaceAll(':', '::').replaceAll(/\{([^}]+)\}/g, ':$1')
}

type Tree = ReturnType<typeof newTree>

function newTree() {
  return findMyWay({
    caseSensitive: true,
    ignoreTrailingSlash: false,
    ignoreDuplicateSlashes: false,
    maxParamLength: LONGEST_PARAMETER,
  })
}

/** @throws Error when two entries have the same method and path. */
export function createRouter<TRoute>(entries: readonly RouteEntry<TRoute>[]): Router<TRoute> {
  refuseTwins(entries)
  const trees = new Map<string, Tree>()

  /** The paths of a method, laid out when it is first asked for: a door opens sooner than all of them are needed. */
  function treeOf(method: (typeof METHODS)[number]): Tree {
    const known = trees.get(method)
    if (known !== undefined) return known
    const tree = newTree()
    for (const [index, entry] of entries.entries()) {
      // Counted from 1: the router takes a store of 0 for none.
      if (entry.method === method) tree.on(method, pattern(entry.template), () => undefined, index + 1)
    }
    tree.compile()
    trees.set(method, tree)
    return tree
  }

  function find(method: string, path: string): Match<TRoute> | undefined {
    const known = method === 'HEAD' ? 'GET' : method
    if (!isMethod(known)) return undefined
    const found = treeOf(known).find(known, path)
    if (found === null || typeof found.store !== 'number') return undefined
    const entry = entries[found.store - 1]
    return entry === undefined ? undefined : { route: entry.route, parameters: found.params }
  }

  return {
    find,
    allowed: (path) =>
      METHODS.filter((method) => find(method, path) !== undefined).flatMap((method) =>
        method === 'GET' ? ['GET', 'HEAD'] : [method],
      ),
  }
}

/** Two templates that differ in the names of their parameters only are the same path. */
function refuseTwins(entries: readonly RouteEntry<unknown>[]): void {
  const seen = new Set<string>()
  for (const { method, template } of entries) {
    const path = `${method} ${template.replaceAll(/\{[^}]+\}/g, '{}')}`
    if (seen.has(path)) throw new Error(`there already is a route for ${method} ${template}`)
    seen.add(path)
  }
}
