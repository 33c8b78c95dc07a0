/** Compiles the template of a `Location` header: fills `{name}` from the fields of the output, encoded. */
export function locationFrom(prefix: string, template: string): (output: unknown) => string | undefined {
  const parts = `${prefix}${template}`.split(/\{([^{}]+)\}/)
  return (output) => {
    let location = ''
    for (const [index, part] of parts.entries()) {
      if (index % 2 === 0) {
        location += part
        continue
      }
      const value: unknown =
        typeof output === 'object' && output !== null ? Reflect.get(output, part) : undefined
      if (typeof value !== 'string' && typeof value !== 'number') return undefined
      location += encodeURIComponent(value)
    }
    return location
  }
}
