/** What a file may export, and that each export says what it is. */
import ts from 'typescript'
import { isSource, offence, type CodeFile } from '../project.ts'
import type { Rule } from '../rule.ts'

const isExported = (node: ts.Node) =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)

const isDefault = (node: ts.Node) =>
  ts.isExportAssignment(node) ||
  (ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)) ||
  (ts.isExportDeclaration(node) &&
    node.exportClause !== undefined &&
    ts.isNamedExports(node.exportClause) &&
    node.exportClause.elements.some((element) => element.name.text === 'default'))

const isStar = (node: ts.Node) =>
  ts.isExportDeclaration(node) && (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause))

function statements(file: CodeFile, choose: (node: ts.Statement) => boolean, what: string): readonly string[] {
  return file.ast.statements.filter(choose).map((node) => offence(file, node, what))
}

const named: Rule = {
  name: 'src exports by name: no default exports, no export *',
  check: (project) =>
    project.code
      .filter(isSource)
      .flatMap((file) => [
        ...statements(file, isDefault, 'has a default export'),
        ...statements(file, isStar, 'has an export *'),
      ]),
  breaks: [
    { 'src/host/a.ts': 'export default 1' },
    { 'src/host/a.ts': 'export default function a() {}' },
    { 'src/host/a.ts': 'const a = 1; export { a as default }' },
    { 'src/host/a.ts': "export * from './b.ts'" },
    { 'src/host/a.ts': "export * as b from './b.ts'" },
  ],
  keeps: [{ 'src/host/a.ts': "export { b } from './b.ts'" }, { 'examples/00-hello/a.ts': 'export default 1' }],
}

/** The names a statement declares. */
function declared(node: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.map((declaration) => declaration.name.getText())
  const isNamed =
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  return isNamed && node.name ? [node.name.text] : []
}

/** Names that leave the file by `export { a, b }`. */
function listed(file: CodeFile): ReadonlySet<string> {
  const clauses = file.ast.statements.flatMap((node) =>
    ts.isExportDeclaration(node) &&
    node.moduleSpecifier === undefined &&
    node.exportClause !== undefined &&
    ts.isNamedExports(node.exportClause)
      ? node.exportClause.elements
      : [],
  )
  return new Set(clauses.map((element) => (element.propertyName ?? element.name).text))
}

/** Declarations that leave the file, by name; an overloaded function has several. */
export function exportedDeclarations(file: CodeFile): ReadonlyMap<string, readonly ts.Statement[]> {
  const byList = listed(file)
  const found = new Map<string, ts.Statement[]>()
  for (const node of file.ast.statements) {
    for (const name of declared(node)) {
      if (isExported(node) || byList.has(name)) found.set(name, [...(found.get(name) ?? []), node])
    }
  }
  return found
}

const hasDoc = (node: ts.Node) => ts.getJSDocCommentsAndTags(node).length > 0

const documented: Rule = {
  name: 'every export of src has a doc comment',
  check: (project) =>
    project.code
      .filter(isSource)
      .flatMap((file) =>
        [...exportedDeclarations(file)]
          .filter(([, nodes]) => !nodes.some(hasDoc))
          .map(([name, [node]]) => offence(file, node ?? file.ast, `${name} has no doc comment`)),
      ),
  breaks: [
    { 'src/std/a.ts': 'export const a = 1' },
    { 'src/std/a.ts': '// not a doc comment\nexport type A = 1' },
    { 'src/std/a.ts': '/** Documented. */\nexport const a = 1\nexport interface B { c: 1 }' },
    { 'src/std/a.ts': 'const a = 1\nexport { a }' },
    { 'src/std/a.ts': "/** A file header. */\nimport './b.ts'\nexport function a() {}" },
  ],
  keeps: [
    { 'src/std/a.ts': "/** A. */\nexport const a = 1\nconst own = 2\nexport { b } from './b.ts'" },
    {
      'src/std/a.ts':
        '/** A. */\nexport function a(x: 1): 1\nexport function a(x: 2): 2\nexport function a(x: never) { return x }',
    },
    { 'src/std/a.test.ts': 'export const a = 1' },
  ],
}

export const EXPORT_RULES: readonly Rule[] = [named, documented]
