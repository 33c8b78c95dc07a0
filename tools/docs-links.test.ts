import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const pages = ['README.md', ...markdownIn('docs'), ...markdownIn('examples')]

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !file.includes('node_modules'))
    .map((file) => join(folder, file))
}

interface Link {
  readonly text: string
  readonly path: string
  readonly anchor: string | undefined
}

function linksOf(markdown: string): Link[] {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, '')
  return [...prose.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)]
    .map(([, text = '', target = '']) => ({
      text,
      path: target.replace(/#.*/, ''),
      anchor: /#(.+)/.exec(target)?.[1],
    }))
    .filter(({ path }) => !/^[a-z]+:/.test(path))
}

function faultOf(page: string, { text, path, anchor }: Link): string | undefined {
  const target = path === '' ? join(root, page) : join(root, dirname(page), path)
  if (!existsSync(target)) return `${path} does not exist`
  if (anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor))
    return `${path}#${anchor} has no such heading`
  const symbol = /^`([\w$]+)/.exec(text)?.[1]
  const isSource = /\.(ts|sql)$/.test(path)
  return symbol !== undefined && isSource && !namesIn(target).has(symbol)
    ? `${path} does not speak of ${symbol}`
    : undefined
}

function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** The words of a source file, and its own name: `main.ts` may be called by it. */
function namesIn(file: string): Set<string> {
  return new Set(`${file} ${readFileSync(file, 'utf8')}`.match(/[\w$]+/g))
}

describe.each(pages)('%s', (page) => {
  test('has no dead link', () => {
    const faults = linksOf(readFileSync(join(root, page), 'utf8')).map((link) => faultOf(page, link))
    expect(faults.filter((fault) => fault !== undefined)).toEqual([])
  })
})

test('a dead link, a dead anchor and a dead symbol are found', () => {
  const links = linksOf(
    '[a](nowhere.md) [b](README.md#no-such) [`noSuchName`](tools/docs-links.test.tsx) [`linksOf`](tools/docs-links.test.ts)',
  )
  expect(links.map((link) => faultOf('README.md', link))).toEqual([
    'nowhere.md does not exist',
    'README.md#no-such has no such heading',
    'tools/docs-links.test.tsx does not exist',
    undefined,
  ])
  expect(faultOf('README.md', { text: '`createHost2`', path: 'tools/verify.ts', anchor: undefined })).toBe(
    'tools/verify.ts does not speak of createHost2',
  )
})

/** "From [the file](path):", then a block of code: the same lines stand in the file, whatever … leaves out. */
test('code in README.md is that of the files it names', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const quotes = [...readme.matchAll(/From\s\[[^\]]+\]\(([^)]+)\):\n\n```ts\n([\s\S]*?)\n```/g)]
  expect(quotes.length).toBeGreaterThan(0)
  for (const [, path = '', code = ''] of quotes) {
    const source = readFileSync(join(root, path), 'utf8')
    for (const part of code.split(/^ *…\n?/m)) expect(source).toContain(part)
  }
})

test('decisions are numbered one by one, and called by their number', () => {
  const files = markdownIn('docs/decisions').toSorted()
  const numbers = files.map((file) => Number(basename(file).slice(0, 4)))
  expect(numbers).toEqual(files.map((_, index) => index + 1))
  const headings = files.map((file) =>
    Number(/^# (\d+)\. /.exec(readFileSync(join(root, file), 'utf8'))?.[1]),
  )
  expect(headings).toEqual(numbers)
})
