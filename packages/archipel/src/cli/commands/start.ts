import type { Command } from 'commander'
import { resolve } from 'node:path'
import { systemFiles } from '../../environment/index.ts'
import { frameworkError } from '../../errors/index.ts'
import { asInteger } from '../arguments.ts'
import { loadModule } from '../modules.ts'
import type { Cli } from '../session.ts'

/** Where a main module is looked for when none is named. */
const USUAL_PLACES = ['main.ts', 'main.js', 'main.mjs', 'src/main.ts', 'src/main.js']
const HIGHEST_PORT = 65_526

interface StartOptions {
  readonly data?: string
  readonly port?: number
}

/** `archipel start` */
export function startCommand(program: Command, cli: Cli): void {
  program
    .command('start')
    .description('run the main module of an application, or the application that a module exports by default')
    .argument('[module]', `such as ./main.ts; else the first of ${USUAL_PLACES.join(', ')}`)
    .option(
      '--port <number>',
      'the public port (PORT, else 3000); 0 takes free ones',
      asInteger(0, HIGHEST_PORT),
    )
    .action(async (module: string | undefined, _options, command: Command) => {
      const { data, port } = command.optsWithGlobals<StartOptions>()
      // What the module itself reads when it runs.
      if (data !== undefined) process.env['ARCHIPEL_DATA'] = resolve(cli.workingFolder, data)
      if (port !== undefined) process.env['PORT'] = String(port)
      await runExported(await loadModule(module ?? (await usualModule(cli)), cli), cli)
    })
}

/** @throws ARC_MODULE */
async function usualModule({ workingFolder }: Cli): Promise<string> {
  for (const place of USUAL_PLACES) {
    if (await systemFiles.exists(resolve(workingFolder, place))) return place
  }
  throw frameworkError(
    'ARC_MODULE',
    `There is no ${USUAL_PLACES.join(', ')} in ${workingFolder}: name the main module of your application.`,
  )
}

/** A main module runs by being loaded; of another one, the application that it exports is run here. */
async function runExported(module: object, { stdout }: Cli): Promise<void> {
  const exported: unknown = Reflect.get(module, 'default')
  if (exported === undefined) return
  const { isApplication, runApplication } = await import('../../application/index.ts')
  if (!isApplication(exported)) return
  await runApplication(exported, {}, ({ url, operationsUrl, dataFolder }) => {
    stdout.write(
      `${exported.name} runs: ${url || 'no gateway'}, operations ${operationsUrl}, data ${dataFolder}\n`,
    )
  })
}
