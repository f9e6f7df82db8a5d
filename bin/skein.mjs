#!/usr/bin/env node
/**
 * The guard before the command line: finds a Node that can run Skein, then hands over. Plain JavaScript, so that an old
 * Node can still read it and say what is missing.
 */
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { launch } from './launch.mjs'

const self = fileURLToPath(import.meta.url)
const root = dirname(dirname(self))
const source = join(root, 'src', 'host', 'cli', 'main.ts')
const inRepository = existsSync(source)
/** Published code is compiled for 22.18; sources need the syntax of 24. */
const [majorMin, minorMin] = inRepository ? [24, 0] : [22, 18]
const conditions = inRepository ? ['--conditions=skein-source'] : []

const [major, minor] = process.versions.node.split('.').map(Number)
const newEnough = major > majorMin || (major === majorMin && minor >= minorMin)
const prepared = conditions.every((flag) => process.execArgv.includes(flag))

if (process.platform === 'win32') {
  refuse('Skein does not run on Windows; use Linux, or WSL 2 on this machine.')
} else if (newEnough && prepared) {
  // Compiled once for all commands; NODE_COMPILE_CACHE says where, NODE_DISABLE_COMPILE_CACHE that nowhere.
  module.enableCompileCache()
  const { main } = await import(
    pathToFileURL(inRepository ? source : join(root, 'dist', 'host', 'cli', 'main.js')).href
  )
  process.exitCode = await main(process.argv.slice(2))
} else {
  const node = newEnough ? process.execPath : bundledNode()
  if (node) launch(node, [...conditions, self, ...process.argv.slice(2)])
  else {
    refuse(
      `Skein needs Node ${majorMin}.${minorMin} or later and this is ${process.version}. Install a newer Node, or let npm bring one:\n` +
        "  npx -y -p node@24 -p skein -c 'skein …'",
    )
  }
}

/** The Node of the npm package `node`, where this package or the user's project has it. */
function bundledNode() {
  for (const from of [self, join(process.cwd(), 'package.json')]) {
    try {
      const file = join(dirname(createRequire(from).resolve('node/package.json')), 'bin', 'node')
      if (existsSync(file)) return file
    } catch {
      // Not installed there; the next place, or the message.
    }
  }
  return undefined
}

function refuse(message) {
  console.error(`skein: PLATFORM_UNSUPPORTED: ${message}`)
  process.exitCode = 2
}
