const PLAIN_NAME = /^[A-Za-z_$][A-Za-z0-9_$-]*$/
const MAXIMUM_NAME = 100

/** A path as people read it: `lines[0].quantity`; names that are no identifiers are quoted and bounded in length. */
export function formatPath(segments: readonly PropertyKey[]): string {
  let path = ''
  for (const segment of segments) {
    if (typeof segment === 'number') path += `[${segment}]`
    else path += formatName(String(segment), path === '')
  }
  return path
}

function formatName(name: string, first: boolean): string {
  if (name.length <= MAXIMUM_NAME && PLAIN_NAME.test(name)) return first ? name : `.${name}`
  return `[${JSON.stringify(name.slice(0, MAXIMUM_NAME))}]`
}
