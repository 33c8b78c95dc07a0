import { isDeepStrictEqual } from 'node:util'
import { eventually } from 'archipel/testing'

/** Tells what is done next. */
export function say(text: string): void {
  console.log(`\n${text}`)
}

/** Prints what was found. @throws where it isn't what was promised. */
export function see(what: string, found: unknown, promised: unknown): void {
  const text = typeof found === 'string' ? found : JSON.stringify(found)
  if (!isDeepStrictEqual(found, promised))
    throw new Error(`${what}: found ${text}, promised was ${JSON.stringify(promised)}`)
  console.log(`  ✓ ${what}: ${text}`)
}

/** Prints what holds. @throws where it doesn't. */
export function seeThat(what: string, holds: boolean): void {
  if (!holds) throw new Error(`this does not hold: ${what}`)
  console.log(`  ✓ ${what}`)
}

/** What is said to who builds something that can't be; nothing where it was built. */
export function refusalOf(build: () => unknown): string {
  try {
    build()
    return ''
  } catch (error) {
    return String(error)
  }
}

/** Asks until what was promised is there, and prints it. @throws where it doesn't come within ten seconds. */
export async function seeSoon<TFound>(
  what: string,
  ask: () => Promise<TFound>,
  promised: TFound,
): Promise<void> {
  let found: TFound | undefined
  await eventually(async () => isDeepStrictEqual((found = await ask()), promised)).catch(() => undefined)
  see(what, found, promised)
}
