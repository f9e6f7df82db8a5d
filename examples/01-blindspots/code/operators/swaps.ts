/** Operators that put one sign or word in the place of another. */
import type { Operator, Place } from './operator.ts'
import { besideText, endsOperand, isBinary, isFirstOnLine, replacing, tokenAfter, tokenBefore } from './operator.ts'

type Swaps = Readonly<Record<string, readonly string[]>>

/** Both directions of `a b` pairs. */
function pairs(text: string): Swaps {
  const swaps: Record<string, readonly string[]> = {}
  for (const pair of text.split(', ')) {
    const [a, b] = pair.split(' ') as [string, string]
    swaps[a] = [b]
    swaps[b] = [a]
  }
  return swaps
}

function swap(
  name: string,
  says: string,
  kind: 'sign' | 'word',
  swaps: Swaps,
  fits: (place: Place) => boolean,
): Operator {
  const table = new Map(Object.entries(swaps))
  return {
    name,
    says,
    at: (place) => {
      const others = place.token.kind === kind ? table.get(place.token.text) : undefined
      return others !== undefined && fits(place) ? others.map((other) => replacing(place.token, other)) : []
    },
  }
}

const comparesHere = (place: Place): boolean => place.syntax.angles && isBinary(place)
const countsHere = (place: Place): boolean => place.syntax.angles && isBinary(place) && !besideText(place)
const isStep = (place: Place): boolean =>
  place.syntax.name !== 'shell' && (endsOperand(tokenBefore(place)) || tokenAfter(place)?.kind === 'word')
const DECLARES = new Set(['#', 'def', 'fn', 'func', 'function', 'async', 'static', 'private', 'public', 'fun'])
/** Not where a function of that name is declared, nor one of our own that only looks like the library's. */
const isCall = (place: Place): boolean =>
  tokenAfter(place)?.text === '(' && !isFirstOnLine(place) && !DECLARES.has(tokenBefore(place)?.text ?? '')
/** Not a name: neither `{ true: 1 }` nor `x.true`. */
const isValue = (place: Place): boolean => {
  const before = tokenBefore(place)?.text
  return before !== '.' && !(tokenAfter(place)?.text === ':' && (before === '{' || before === ','))
}
const isTest = (place: Place): boolean =>
  place.syntax.name === 'shell' && tokenBefore(place)?.text === '-' && !place.token.spaced
const isOptional = (place: Place): boolean => place.syntax.noValue === 'undefined' && tokenAfter(place)?.kind === 'word'
// `cout << x` and Ruby's `list << x` write; only numbers are shifted.
const shiftsHere = (place: Place): boolean =>
  countsHere(place) && place.syntax.name !== 'ruby' && tokenBefore(place)?.text !== 'cout'

const OPPOSITES =
  'min max, some every, any all, floor ceil, startsWith endsWith, startswith endswith, starts_with ends_with, ' +
  'HasPrefix HasSuffix, toUpperCase toLowerCase, upper lower, indexOf lastIndexOf, shift pop'

export const SWAPS: readonly Operator[] = [
  swap('boundary', 'the comparison moves by one at its bound', 'sign', pairs('< <=, > >='), comparesHere),
  swap('comparison', 'the comparison is turned round', 'sign', pairs('< >=, > <='), comparesHere),
  swap('equality', 'equal becomes unequal', 'sign', pairs('== !=, === !=='), isBinary),
  swap('logic', 'and becomes or', 'sign', pairs('&& ||'), isBinary),
  swap('logic', 'and becomes or', 'word', pairs('and or'), (place) => place.syntax.words),
  swap('default', 'the default is used the wrong way round', 'sign', { '??': ['&&'] }, isBinary),
  swap('optional', 'a missing value is no longer allowed for', 'sign', { '?.': ['.'] }, isOptional),
  swap('boolean', 'true becomes false', 'word', pairs('true false, True False'), isValue),
  swap('arithmetic', 'the sum is computed differently', 'sign', { ...pairs('+ -, * /'), '%': ['*'] }, countsHere),
  swap('assignment', 'it is counted the other way', 'sign', pairs('+= -=, *= /='), (place) => !besideText(place)),
  swap('step', 'it steps the other way', 'sign', pairs('++ --'), isStep),
  swap('shift', 'bits are shifted the other way', 'sign', pairs('<< >>'), shiftsHere),
  swap('bits', 'bits are combined differently', 'sign', pairs('& |'), countsHere),
  swap('call', 'the opposite function is called', 'word', pairs(OPPOSITES), isCall),
  swap(
    'test',
    'the test is turned round',
    'word',
    { ...pairs('eq ne, z n'), lt: ['le'], le: ['lt'], gt: ['ge'], ge: ['gt'] },
    isTest,
  ),
]
