/** Advisory locks are one `bigint` each; its top byte names what the lock is for, so that no two uses collide. */
export const lockSpace = { command: 1, migration: 2, busWriters: 3, host: 4 } as const

export type LockSpace = keyof typeof lockSpace

/** SQL text of the lock number of a text within a space; `text` is an SQL expression, such as `$1`. */
export function lockNumber(space: LockSpace, text: string): string {
  return `((${lockSpace[space]}::bigint << 56) | (hashtextextended(${text}, 0) & ((1::bigint << 56) - 1)))`
}
