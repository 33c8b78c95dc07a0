const PLAIN_NAME = /^[A-Za-z_$][\w$-]{0,99}$/

/** A path as people read it: `lines[0].quantity`. Names that are no identifiers are quoted and cut. */
export function pathText(segments: readonly (string | number)[]): string {
  return segments.map((segment, index) => segmentText(segment, index === 0)).join('')
}

function segmentText(segment: string | number, first: boolean): string {
  if (typeof segment === 'number') return `[${segment}]`
  if (!PLAIN_NAME.test(segment)) return `[${JSON.stringify(segment.slice(0, 100))}]`
  return first ? segment : `.${segment}`
}
