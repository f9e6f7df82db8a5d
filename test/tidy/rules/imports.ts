/** Who may import whom. */
import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import ts from 'typescript'
import { HOUSE, PURE_ROOMS } from '../house.ts'
import { isTest, offence, visit, type CodeFile, type Project } from '../project.ts'
import type { Rule } from '../rule.ts'

type Edge = { readonly from: CodeFile; readonly node: ts.Node; readonly specifier: string }

/** An edge between two rooms; `src/index.ts` belongs to none. */
type Crossing = Edge & { readonly room: string; readonly target: string; readonly other: string }

function edges(project: Project): readonly Edge[] {
  return project.code.flatMap((from) => {
    const found: Edge[] = []
    visit(from.ast, (node) => {
      const specifier = specifierOf(node)
      if (specifier !== undefined) found.push({ from, node, specifier })
    })
    return found
  })
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier)
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
  return isDynamic ? literal(node.arguments[0]) : undefined
}

const literal = (node: ts.Node | undefined) => (node && ts.isStringLiteralLike(node) ? node.text : undefined)
const roomOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1]

function crossings(project: Project): readonly Crossing[] {
  return edges(project).flatMap((edge) => {
    const room = roomOf(edge.from.path)
    if (room === undefined || !edge.specifier.startsWith('.')) return []
    const target = posix.join(posix.dirname(edge.from.path), edge.specifier)
    const other = roomOf(target)
    return other === undefined || other === room ? [] : [{ ...edge, room, target, other }]
  })
}

/** Tests beside a file may use any room: they put the house together as its users do. */
function isDown({ from, room, other }: Crossing): boolean {
  const floor = HOUSE[room]?.floor
  const below = HOUSE[other]?.floor
  if (isTest(from) || floor === 'beside') return true
  return floor !== undefined && below !== undefined && below !== 'beside' && below < floor
}

const floors: Rule = {
  name: 'imports go down the floors, and siblings do not know each other',
  check: (project) =>
    crossings(project)
      .filter((crossing) => !isDown(crossing))
      .map(({ from, node, room, other }) => {
        const [here, there] = [HOUSE[room]?.floor ?? 'unknown', HOUSE[other]?.floor ?? 'unknown']
        return offence(from, node, `${room} (floor ${here}) imports ${other} (floor ${there})`)
      }),
  breaks: [
    { 'src/kernel/a.ts': "import { run } from '../engine/index.ts'" },
    { 'src/tools/a.ts': "import type { M } from '../model/index.ts'" },
    { 'src/engine/a.ts': "export const load = () => import('../host/index.ts')" },
    { 'src/std/a.ts': "export type K = import('../kernel/index.ts').K" },
    { 'src/host/a.ts': "export { simulate } from '../testing/index.ts'" },
    { 'src/unheard/a.ts': "import { x } from '../std/index.ts'" },
  ],
  keeps: [
    {
      'src/engine/a.ts': "import { x } from '../kernel/index.ts'; import { y } from '../std/index.ts'; import './b.ts'",
    },
    { 'src/testing/a.ts': "import { x } from '../host/index.ts'" },
    { 'src/kernel/a.test.ts': "import { simulate } from '../testing/index.ts'" },
    { 'src/index.ts': "export { run } from './host/index.ts'" },
  ],
}

/** Only the testing room and tests use a room's second door, `testing.ts`: what it shows so that it can be tested. */
function isDoor({ from, room, target, other }: Crossing): boolean {
  if (target === `src/${other}/index.ts`) return true
  return target === `src/${other}/testing.ts` && (room === 'testing' || isTest(from))
}

const doors: Rule = {
  name: 'rooms meet only at their doors (index.ts)',
  check: (project) =>
    crossings(project)
      .filter((crossing) => !isDoor(crossing))
      .map(({ from, node, target, other }) => offence(from, node, `imports ${target}, past src/${other}/index.ts`)),
  breaks: [
    { 'src/engine/a.ts': "import { encode } from '../std/codec/index.ts'" },
    { 'src/agents/a.ts': "import { open } from '../engine/testing.ts'" },
    { 'src/testing/a.ts': "import { open } from '../engine/deep/a.ts'" },
  ],
  keeps: [
    { 'src/engine/deep/a.ts': "import { encode } from '../../std/index.ts'; import { b } from '../b.ts'" },
    { 'src/testing/a.ts': "import { open } from '../engine/testing.ts'" },
  ],
}

const selfReference: Rule = {
  name: 'src does not import itself by its package name',
  check: (project) =>
    edges(project)
      .filter(({ from, specifier }) => from.path.startsWith('src/') && /^skein(\/|$)/.test(specifier))
      .map(({ from, node, specifier }) =>
        offence(from, node, `imports ${specifier}; use the relative path of the door`),
      ),
  breaks: [
    { 'src/host/a.ts': "import { agent } from 'skein'" },
    { 'src/testing/a.ts': "import { x } from 'skein/kernel'" },
  ],
  keeps: [{ 'examples/00-hello/a.ts': "import { agent } from 'skein'" }],
}

const pure: Rule = {
  name: 'std and kernel import nothing from the outside',
  check: (project) =>
    edges(project)
      .filter(
        ({ from, specifier }) =>
          PURE_ROOMS.includes(roomOf(from.path) ?? '') && !isTest(from) && !specifier.startsWith('.'),
      )
      .map(({ from, node, specifier }) => offence(from, node, `imports ${specifier}; take it through a port`)),
  breaks: [
    { 'src/std/a.ts': "import { createHash } from 'node:crypto'" },
    { 'src/kernel/a.ts': "import { z } from 'zod'" },
    { 'src/kernel/b.ts': "import type { Socket } from 'net'" },
  ],
  keeps: [{ 'src/kernel/a.test.ts': "import fc from 'fast-check'" }, { 'src/engine/a.ts': "import fs from 'node:fs'" }],
}

const prefixed: Rule = {
  name: 'built-in modules are imported as node:',
  check: (project) =>
    edges(project)
      .filter(({ specifier }) => !specifier.startsWith('node:') && isBuiltin(specifier))
      .map(({ from, node, specifier }) => offence(from, node, `imports ${specifier}; write node:${specifier}`)),
  breaks: [{ 'src/host/a.ts': "import fs from 'fs'" }],
  keeps: [{ 'src/host/a.ts': "import fs from 'node:fs'" }],
}

export const IMPORT_RULES: readonly Rule[] = [floors, doors, selfReference, pure, prefixed]
