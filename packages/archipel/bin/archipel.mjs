#!/usr/bin/env node
// The `archipel` command. Plain JavaScript that an old Node.js can read as well, so that it can say what it needs.
import { existsSync } from 'node:fs'
import * as module from 'node:module'

const source = new URL('../src/cli/main.ts', import.meta.url)
const built = new URL('../dist/cli/main.js', import.meta.url)

if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `archipel needs Node.js 24 or later; this is ${process.version} (${process.execPath}).\n` +
      'Install it, or put it first in PATH.\n',
  )
  process.exit(69)
}

module.enableCompileCache?.()
if (existsSync(source)) resolveToSource()
const { main } = await import((existsSync(source) ? source : built).href)
await main(process.argv.slice(2))

/** In this repository `archipel` is its sources, also for the modules that a command loads. */
function resolveToSource() {
  module.registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, 'archipel-source'] }),
  })
}
