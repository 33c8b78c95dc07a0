/** A node of a plan, as `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)` has it. */
interface PlanNode {
  readonly 'Node Type': string
  readonly 'Join Type'?: string
  readonly 'Parent Relationship'?: string
  readonly 'Subplan Name'?: string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Function Name'?: string
  readonly 'Shared Hit Blocks'?: number
  readonly 'Shared Read Blocks'?: number
  readonly 'Actual Loops'?: number
  readonly 'Index Searches'?: number
  readonly Plans?: readonly PlanNode[]
}

export interface LoggedPlan {
  readonly 'Query Text': string
  readonly Plan: PlanNode
}

/** One run of a statement. */
export interface SeenPlan {
  /** Whose statement it is: the same text of two services reads two tables. */
  readonly asker: string
  readonly text: string
  /** Nodes with the tables and indexes that they read. */
  readonly shape: string
  /** Pages of eight kilobytes that it looked at. */
  readonly pages: number
  /** How often it went down an index: each has one level more once its table is large enough. */
  readonly descents: number
  /** It only calls a function, whose statements are seen themselves. */
  readonly calls: boolean
}

export function seenPlan(
  { role, database }: { role: string; database: string },
  { 'Query Text': text, Plan: plan }: LoggedPlan,
): SeenPlan {
  return {
    asker: `${database}/${role}`,
    text: normalised(text),
    shape: shapeOf(plan),
    pages: (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0),
    descents: descentsOf(plan),
    calls: /^(Result|Function Scan|ProjectSet)[^(]*$/.test(shapeOf(plan)),
  }
}

function normalised(text: string): string {
  return text
    .replaceAll(/--[^\n]*/g, ' ')
    .replaceAll(/\/\*.*?\*\//gs, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Ranges of one partitioned table are one: their number grows with the table, and all but a few are left out at run time. */
function shapeOf(node: PlanNode): string {
  const parts = [
    node['Node Type'],
    node['Join Type'],
    node['Index Name'] ?? node['Relation Name'],
    node['Function Name'],
  ]
  const own = parts
    .filter((part) => part !== undefined)
    .map(withoutRange)
    .join(' ')
  const below = new Set((node.Plans ?? []).map(shapeOf))
  return below.size === 0 ? own : `${own} (${[...below].join(', ')})`
}

function withoutRange(name: string): string {
  return name.replace(/^(log|kept)_\d+/, '$1')
}

/** A row that is written goes down the indexes of its table. */
const INDEXES = 3

function descentsOf(node: PlanNode): number {
  const loops = node['Actual Loops'] ?? 1
  const own = node['Index Name'] === undefined ? 0 : (node['Index Searches'] ?? 1) * loops
  const written = node['Node Type'] === 'ModifyTable' ? INDEXES : 0
  return (node.Plans ?? []).reduce((sum, below) => sum + descentsOf(below), own + written)
}
