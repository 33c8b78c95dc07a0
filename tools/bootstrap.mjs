// `node tools/bootstrap.mjs [[--OPTION…] FILE [ARGUMENT…]]`: makes the installation match package-lock.json, then runs FILE
// on the pinned Node, with the options that stand before it. Every npm script goes through here. Plain JavaScript that any
// Node from 18 on runs, without a dependency, because it starts on machines where nothing is installed yet.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const stampFile = join(modules, '.archipel-installed')
const lockFolder = join(root, '.installing')
const windows = process.platform === 'win32'
const nodeFile = windows ? 'node.exe' : 'node'
const oldestNode = 18
const runtimeMajor = 24

/** A signal that arrives again within this time is the same keystroke: Ctrl-C reaches us from the terminal and from npm. */
const sameSignalMs = 1000

class Refusal extends Error {}

try {
  const state = wantedState()
  if (!isInstalled(state)) await installOnce(state)
  const words = process.argv.slice(2)
  const place = words.findIndex((word) => !word.startsWith('--'))
  if (place >= 0) await run(words.slice(0, place), words[place], words.slice(place + 1))
} catch (error) {
  console.error(`archipel: ${refusalText(error)}`)
  process.exit(1)
}

/** What the user can do something about, in a sentence; anything else is a bug of this file and shows its stack. */
function refusalText(error) {
  if (error instanceof Refusal) return error.message
  const advice = {
    EACCES: 'Run this as the owner of the folder, or give it to the user who runs this.',
    EROFS: 'The file system is read-only: install (`npm ci`) where it can be written.',
    ENOSPC: 'The disk is full.',
  }
  return advice[error.code] === undefined
    ? error.stack
    : `can't install: ${error.message}\n  ${advice[error.code]}`
}

// Installation

/** What has to be installed: the lock file's content, for this platform (a folder may be shared between machines). */
function wantedState() {
  if (nodeMajor() < oldestNode) {
    throw new Refusal(
      `this is Node ${process.versions.node}; any from ${oldestNode} on will do (it fetches the pinned one).`,
    )
  }
  const lock = readFileSync(join(root, 'package-lock.json'))
  return `${process.platform}-${process.arch} ${createHash('sha256').update(lock).digest('hex')}`
}

function isInstalled(state) {
  return readOr(stampFile, '') === state
}

async function installOnce(state) {
  const release = await takeLock()
  try {
    if (isInstalled(state)) return
    // Somebody's own `npm ci` or `npm install` may have brought everything already.
    if (missingPackages().length > 0) await install()
    writeFileSync(stampFile, state)
  } finally {
    release()
  }
}

/**
 * What the lock file names for this platform and npm's own record of node_modules lacks. Optional packages too: npm
 * leaves them out without a word when they can't be fetched, and the pinned Node and PostgreSQL are such packages.
 */
function missingPackages() {
  const record = JSON.parse(readOr(join(modules, '.package-lock.json'), '{}')).packages ?? {}
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.keys(lock).filter((path) => {
    if (path === '') return false
    const [wanted, found] = [lock[path], record[path]]
    if (found !== undefined) return found.version !== wanted.version || found.integrity !== wanted.integrity
    return wanted.optional ? isForThisPlatform(wanted) : true
  })
}

function isForThisPlatform({ os, cpu, libc }) {
  const musl =
    process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined
  return (
    [os].flat().includes(process.platform) &&
    [cpu].flat().includes(process.arch) &&
    (libc === undefined || [libc].flat().includes(musl ? 'musl' : 'glibc'))
  )
}

async function install() {
  accessSync(root, constants.W_OK)
  const started = Date.now()
  console.error('archipel: installing (npm ci) …')
  // --ignore-scripts: nothing we use needs an install script, and what runs in one machine must run in every other.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund']
  await npm(args, root, nodeMajor() < runtimeMajor ? await fetchNode() : undefined)
  const missing = missingPackages()
  if (missing.length > 0)
    throw new Refusal(`npm ci left out ${missing.join(', ')}. Check the network, then start again.`)
  console.error(`archipel: installed in ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

/**
 * Fetches the pinned Node alone. npm leaves out optional packages whose `engines` exclude the Node it runs on, so on an
 * older Node the installation has to run on the pinned one. Answers its folder, which goes with the lock.
 */
async function fetchNode() {
  const folder = join(lockFolder, 'node')
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const name = nodePackages().find((candidate) => candidate in optionalDependencies)
  if (name === undefined) return undefined
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{}')
  const args = [
    'install',
    `--prefix=${folder}`,
    '--no-save',
    '--no-package-lock',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ]
  await npm([...args, `${name}@${optionalDependencies[name]}`], folder, undefined)
  return join(folder, 'node_modules', name, 'bin')
}

/** Runs npm, on the Node in the folder if one is given. */
async function npm(args, cwd, nodeFolder) {
  const { command, before, shell } = npmCommand(nodeFolder)
  const options = { cwd, env: npmEnvironment(nodeFolder), stdio: ['ignore', 2, 2], shell }
  const { code, signal, forwarded } = await supervise(
    spawn(command, [...before, ...args, '--loglevel=error'], options),
  )
  if (signal || forwarded) {
    rmSync(lockFolder, { recursive: true, force: true })
    return dieOf(signal ?? forwarded)
  }
  if (code !== 0) {
    throw new Refusal(
      `npm ${args[0]} failed with exit code ${code}; its own message stands above.\n` +
        '  No network, or a proxy? Check `npm ping` and `npm config get registry`, then start again.\n' +
        '  "package.json and package-lock.json … in sync"? Run `npm install` and commit the lock file.\n' +
        '  No space or no right to write? Free some, or give this folder to the user who runs this.',
    )
  }
}

/** The npm that called us, on its own Node; else the one in PATH. Never on the Node in node_modules: npm ci deletes that. */
function npmCommand(nodeFolder) {
  const { npm_execpath: cli, npm_node_execpath: callersNode } = process.env
  const node = nodeFolder === undefined ? callersNode : join(nodeFolder, nodeFile)
  const usable = cli && node && basename(cli) === 'npm-cli.js' && !node.startsWith(modules)
  return usable
    ? { command: node, before: [cli], shell: false }
    : { command: 'npm', before: [], shell: windows }
}

function npmEnvironment(nodeFolder) {
  const pathName = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH'
  const path = (process.env[pathName] ?? '').split(delimiter).filter((folder) => !folder.startsWith(modules))
  if (nodeFolder !== undefined) path.unshift(nodeFolder)
  const env = { ...process.env, [pathName]: path.join(delimiter) }
  // A user without a home folder (a service account) has no place for npm's cache.
  if (!canBeMade(env.npm_config_cache ?? join(homedir(), '.npm'))) {
    env.npm_config_cache = join(tmpdir(), `archipel-npm-${process.getuid?.() ?? 'cache'}`)
  }
  return env
}

/** One installation at a time: a folder is made by exactly one of several that try. Answers how to give it back. */
async function takeLock() {
  accessSync(root, constants.W_OK)
  const holderFile = join(lockFolder, 'pid')
  for (let told = false; ;) {
    try {
      mkdirSync(lockFolder)
      writeFileSync(holderFile, String(process.pid))
      const release = () => rmSync(lockFolder, { recursive: true, force: true })
      process.once('exit', release)
      return release
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const holder = Number(readOr(holderFile, ''))
    if (holder ? !isAlive(holder) : ageMs(lockFolder) > 10_000) {
      dropAbandonedLock(holder)
    } else {
      if (!told)
        console.error(
          `archipel: another installation is running (process ${holder || 'unknown'}); waiting for it …`,
        )
      told = true
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

/** Renamed before it is deleted: of several that find it abandoned, one moves it, and nobody deletes a successor's. */
function dropAbandonedLock(holder) {
  const aside = `${lockFolder}-${process.pid}`
  try {
    renameSync(lockFolder, aside)
  } catch {
    return
  }
  if (Number(readOr(join(aside, 'pid'), '')) === holder) rmSync(aside, { recursive: true, force: true })
  else renameSync(aside, lockFolder)
}

// Running

async function run(options, file, args) {
  const node = nodeToRunOn()
  const env = {
    NODE_COMPILE_CACHE: join(modules, '.cache', 'node-compile'),
    ...process.env,
    ARCHIPEL_LIFELINE: '3',
  }
  const lifeline = pathToFileURL(join(root, 'tools', 'lifeline.mjs')).href
  const ours = ['--conditions=archipel-source', `--import=${lifeline}`]
  const child = spawn(node, [...ours, ...options, file, ...args], {
    env,
    // A process group of its own: a Ctrl-C in the terminal then reaches it once, through us, however often npm repeats it.
    // The pipe tells it when we are gone without having been able to pass anything on (kill -9).
    detached: !windows,
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  })
  const { code, signal } = await supervise(child)
  if (signal) return dieOf(signal)
  process.exitCode = code
}

function nodeToRunOn() {
  // In its own package: several packages bring a `node`, and which of them gets node_modules/.bin/node is npm's secret.
  const files = nodePackages().map((name) => join(modules, name, 'bin', nodeFile))
  const pinned = files.find((file) => existsSync(file))
  if (pinned !== undefined) return pinned
  if (nodeMajor() >= runtimeMajor) return process.execPath
  throw new Refusal(
    `no Node ${runtimeMajor} for ${process.platform}-${process.arch} comes with this project. Install it and start again.`,
  )
}

/** Packages that hold the Node of this platform, by what their makers call it. */
function nodePackages() {
  const platform = `${windows ? 'win' : process.platform}-${process.arch}`
  return [`node-${platform}`, `node-bin-${platform}`]
}

function nodeMajor() {
  return Number(process.versions.node.split('.')[0])
}

/** Passes each signal on once; answers how the child ended, and which signal it was sent last. */
function supervise(child) {
  const lastAt = {}
  let forwarded
  const forward = (signal) => {
    const now = Date.now()
    if (now - (lastAt[signal] ?? 0) < sameSignalMs) return
    lastAt[signal] = now
    forwarded = signal
    // On Windows the console tells every process of it by itself; kill() would end the child on the spot.
    if (!windows) child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new Refusal(`can't start ${child.spawnfile ?? 'a process'}: ${error.message}`)),
    )
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward)
      resolve({ code, signal, forwarded })
    })
  })
}

/** Ends as the child ended, so that a shell or npm sees the truth. */
function dieOf(signal) {
  process.kill(process.pid, signal)
  return new Promise(() => setTimeout(() => process.exit(1), 1000))
}

// Small questions

function readOr(file, otherwise) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return otherwise
    throw error
  }
}

function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs
  } catch {
    return 0
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code !== 'ESRCH'
  }
}

function canBeMade(folder) {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch (error) {
    return error.code === 'ENOENT' && dirname(folder) !== folder && canBeMade(dirname(folder))
  }
}
