/** What is installed with us, and from where. */
import { DEPENDENCIES_ALLOWED } from '../house.ts'
import type { Project } from '../project.ts'
import type { Rule } from '../rule.ts'

type Manifest = {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const manifest = (project: Project) => JSON.parse(project.text('package.json') || '{}') as Manifest
/** An exact version, or an alias of one; types may float within a major. */
const isPinned = ([name, version]: [string, string]) =>
  /(?:^|@)\d+\.\d+\.\d+$/.test(version) || name.startsWith('@types/')

const dependencies: Rule = {
  name: 'dependencies are few, allowed and pinned',
  check: (project) => {
    const { dependencies: runtime = {}, devDependencies = {} } = manifest(project)
    return [
      ...Object.keys(runtime).flatMap((name) =>
        DEPENDENCIES_ALLOWED.includes(name) ? [] : [`package.json:1 ${name} is not in test/tidy/house.ts`],
      ),
      ...Object.entries({ ...runtime, ...devDependencies }).flatMap((entry) =>
        isPinned(entry) ? [] : [`package.json:1 ${entry.join(' ')} is not pinned`],
      ),
    ]
  },
  breaks: [
    { 'package.json': '{"dependencies":{"left-pad":"1.0.0"}}' },
    { 'package.json': '{"devDependencies":{"vitest":"^5.1.0"}}' },
  ],
  keeps: [
    {
      'package.json':
        '{"dependencies":{"@ai-sdk/provider":"4.0.38"},"devDependencies":{"a":"npm:b@1.2.3","@types/node":"^24"}}',
    },
  ],
}

const lockFile: Rule = {
  name: 'no lock file names a download address',
  check: (project) =>
    project.files
      .filter(({ path }) => /(?:^|\/)package-lock\.json$/.test(path))
      .flatMap(({ path, text }) =>
        text
          .split('\n')
          .flatMap((line, index) =>
            /"resolved": "(?!file:)/.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [],
          ),
      ),
  breaks: [
    { 'package-lock.json': '{\n  "resolved": "https://example.org/a.tgz"\n}' },
    { 'bench/peers/a/package-lock.json': '{\n  "resolved": "https://example.org/a.tgz"\n}' },
  ],
  keeps: [{ 'package-lock.json': '{\n  "integrity": "sha512-x"\n}' }],
}

export const PACKAGING_RULES: readonly Rule[] = [dependencies, lockFile]
