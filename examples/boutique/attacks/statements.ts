/** A piece of what a PostgreSQL client sends: one message, with the statement that it runs where it runs one. */
export interface ClientMessage {
  readonly bytes: Buffer
  /** The text of the statement; undefined for a message that runs none. */
  readonly statement: string | undefined
}

const [PARSE, BIND, EXECUTE, QUERY] = Buffer.from('PBEQ')
const TYPE_AND_LENGTH = 5

/** Cuts what a client sends into messages, and knows which statement each of them runs. */
export function createMessageReader(): (chunk: Buffer) => ClientMessage[] {
  const texts = new Map<string, string>()
  let rest: Buffer = Buffer.alloc(0)
  let started = false
  let bound = ''

  /** Its bytes, once all of them are there. The first message of a connection has no type. */
  function next(): Buffer | undefined {
    const before = started ? 1 : 0
    if (rest.length < before + 4) return undefined
    const length = before + rest.readInt32BE(before)
    if (rest.length < length) return undefined
    const bytes = rest.subarray(0, length)
    rest = rest.subarray(length)
    return bytes
  }

  function statementOf(bytes: Buffer): string | undefined {
    const [first = '', second = ''] = bytes.subarray(TYPE_AND_LENGTH).toString('latin1').split('\0', 2)
    switch (bytes[0]) {
      case PARSE:
        texts.set(first, second)
        return undefined
      case BIND:
        bound = texts.get(second) ?? second
        return undefined
      case EXECUTE:
        return bound
      case QUERY:
        return first
      default:
        return undefined
    }
  }

  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const messages: ClientMessage[] = []
    for (let bytes = next(); bytes; bytes = next()) {
      messages.push({ bytes, statement: started ? statementOf(bytes) : undefined })
      started = true
    }
    return messages
  }
}
