// The pages that travel with the package. They are those of docs/; what a link names outside of them stands as plain words.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const SHIPPED = ['api.md', 'errors.md', 'guides/*.md', 'patterns/*.md']
/** Guides of the example shop in the repository, which the package doesn't have. */
const OF_THE_SHOP = ['guides/import-your-trade.md', 'patterns/README.md']

/** Writes the pages into a folder, which is emptied first. */
export function shipDocs(docs: string, into: string): void {
  rmSync(into, { recursive: true, force: true })
  const pages = globSync(SHIPPED, { cwd: docs }).filter((page) => !OF_THE_SHOP.includes(page))
  for (const page of pages) {
    mkdirSync(dirname(join(into, page)), { recursive: true })
    writeFileSync(join(into, page), shipped(page, readFileSync(join(docs, page), 'utf8'), pages))
  }
}

const LINK = /\[([^\]]*)\]\(([^)\s]+)\)/g
/** Parentheses that hold nothing but links. */
const CITATION = /\s?\((?:\[[^\]]*\]\([^)\s]+\)(?:, |; )?)+\)/g
const OF_THE_EXAMPLE =
  "Services and operations that this page names are those of the example shop, in Archipel's repository.\n"

/** One page, without links that lead nowhere in the package and without what only the repository can show. */
export function shipped(page: string, text: string, pages: readonly string[]): string {
  const leadsSomewhere = (target: string) =>
    /^([a-z]+:|#)/.test(target) ||
    pages.includes(relative('.', join(dirname(page), target.replace(/#.*/, ''))))
  const kept = text.replace(/\n\*\*See it\.\*\*[^]*$/, '\n')
  const alone = kept
    .replaceAll(CITATION, (citation: string) =>
      [...citation.matchAll(LINK)].some(([, , target = '']) => leadsSomewhere(target)) ? citation : '',
    )
    .replaceAll(LINK, (link: string, words: string, target: string) =>
      leadsSomewhere(target) ? link : words,
    )
  return kept.includes('](../../examples/') ? `${alone.trimEnd()}\n\n${OF_THE_EXAMPLE}` : alone
}
