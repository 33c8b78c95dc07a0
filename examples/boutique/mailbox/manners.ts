/** How the mailbox treats what is sent to an address; anything unusual is asked for by its domain. */
export type Manner =
  /** Accepted and kept. */
  | 'kept'
  /** Refused for good, as an address that doesn't exist: 550. */
  | 'refused'
  /** Refused for now, once for each address, as many real servers do with who is new to them: 451. */
  | 'greylisted'
  /** Accepted and kept, but the connection is cut instead of saying so. */
  | 'lost'
  /** The connection is cut before the message was sent, once for each address. */
  | 'cut'

const MANNERS: Readonly<Record<string, Manner>> = {
  'refused.example': 'refused',
  'grey.example': 'greylisted',
  'lost.example': 'lost',
  'cut.example': 'cut',
}

export function mannerOf(address: string): Manner {
  return MANNERS[address.slice(address.lastIndexOf('@') + 1).toLowerCase()] ?? 'kept'
}
