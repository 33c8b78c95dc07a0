import type { Finding } from './finding.ts'

/** What a drill found, as a table for people. @returns whether the books agree. */
export function report(
  findings: readonly Finding[],
  facts: {
    accepted: number
    repeats: number
    placedMs: number
    recoveryMs: number
    unfinished: readonly string[]
    /** What else happened, in one line. */
    also?: string
  },
): boolean {
  const width = Math.max(...findings.map(({ what }) => what.length))
  console.log()
  for (const { what, checked, wrong } of findings) {
    console.log(
      `  ${what.padEnd(width)}  ${String(checked).padStart(6)} checked  ${wrong.length === 0 ? 'ok' : `${wrong.length} WRONG`}`,
    )
    for (const sentence of wrong.slice(0, 5)) console.log(`      ${sentence}`)
    if (wrong.length > 5) console.log(`      … and ${wrong.length - 5} more`)
  }
  const wrongOf = (sort: Finding['sort']) =>
    findings.filter((finding) => finding.sort === sort).reduce((sum, { wrong }) => sum + wrong.length, 0)
  console.log(`
  orders accepted ${facts.accepted}   requests sent again ${facts.repeats}   time ${seconds(facts.placedMs)}   recovery ${seconds(facts.recoveryMs)}
${facts.also === undefined ? '' : `  ${facts.also}\n`}  lost = ${wrongOf('lost')}   doubled = ${wrongOf('doubled')}   unbalanced = ${wrongOf('unbalanced')}`)
  if (facts.unfinished.length > 0)
    console.log(`  still on the way after a minute: ${facts.unfinished.join(', ')}`)
  return findings.every(({ wrong }) => wrong.length === 0) && facts.unfinished.length === 0
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`
}
