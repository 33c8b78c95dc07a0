import type { Randomness } from '../environment/index.ts'

const FORM = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const IDS_BYTES = 24
const POOL = 64

/** Whether `text` is a `traceparent` of W3C Trace Context, version 00. */
export function isTraceparent(text: string): boolean {
  return text.length === 55 && FORM.test(text)
}

/** Makes the `traceparent` of traces that start here, sampled; draws random bytes for many at once. */
export function newTraceparent(randomness: Randomness): () => string {
  let pool = ''
  let used = 0
  return () => {
    if (used >= pool.length) {
      pool = Buffer.from(randomness.bytes(IDS_BYTES * POOL)).toString('hex')
      used = 0
    }
    const trace = pool.slice(used, used + 32)
    const span = pool.slice(used + 32, used + 48)
    used += 48
    return `00-${trace}-${span}-01`
  }
}
