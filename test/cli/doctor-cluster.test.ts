import { expect, it } from 'vitest'
import { judgeCopies, judgeNodes } from '../../src/cli/doctor/cluster.ts'

const said = { version: '5.0.5', schema: 'a', skewMs: 0 }
const place = { datacenter: 'dc1', keyspace: 'silhouette' }
const topology = (...copies: readonly (readonly [string, number])[]) => ({
  strategy: 'NetworkTopologyStrategy',
  copies: new Map(copies),
})
const levels = (findings: ReturnType<typeof judgeNodes>) =>
  findings.filter(({ level }) => level !== 'ok').map(({ level, text }) => `${level}: ${text}`)

const nodes = [
  {
    title: 'a node of this data centre that is down',
    seen: [{ said }, { said: undefined }],
    found: ['problem: 10.0.0.2: down, or not reached from here'],
  },
  {
    title: 'one of another data centre that is not reached',
    seen: [{ said }, { said: undefined, datacenter: 'dc2' }],
    found: ['warning: 10.0.0.2: of other data centres, not reached from here'],
  },
  {
    title: 'an upgrade that is under way',
    seen: [{ said }, { said: { ...said, version: '4.1.7' } }],
    found: ['warning: several versions: Cassandra 5.0.5 (1), Cassandra 4.1.7 (1)'],
  },
  {
    title: 'a version that nobody looks after',
    seen: [{ said: { ...said, version: '3.11.17' } }],
    found: ['problem: Cassandra 3.11.17 (1): older than version 4'],
  },
  {
    title: 'nodes that do not agree on the tables',
    seen: [{ said }, { said: { ...said, schema: 'b' } }],
    found: ['problem: the nodes do not agree on the tables: a (1), b (1)'],
  },
  {
    title: 'a clock with which no server starts',
    seen: [{ said }, { said: { ...said, skewMs: -1_500 } }],
    found: ['problem: 10.0.0.2: 1500 ms behind this machine; more than 1000 ms, and no server starts'],
  },
  {
    title: 'a clock that is off',
    seen: [{ said: { ...said, skewMs: 400 } }],
    found: ['warning: 10.0.0.1: 400 ms ahead of this machine'],
  },
  { title: 'nothing of nodes in good order', seen: [{ said }, { said, datacenter: 'dc2' }], found: [] },
]

it.each(nodes)('doctor tells $title', ({ seen, found }) => {
  const looks = seen.map((look, index) => ({ address: `10.0.0.${index + 1}`, datacenter: 'dc1', ...look }))

  expect(levels(judgeNodes(looks, 'dc1'))).toEqual(found)
})

const keyspaces = [
  { title: 'nothing of three copies in each data centre', look: topology(['dc1', 3], ['dc2', 3]), found: [] },
  {
    title: 'fewer than three copies',
    look: topology(['dc1', 3], ['dc2', 1]),
    found: ['warning: dc2 (dc1: 3, dc2: 1): with fewer than 3 copies no node may be lost'],
  },
  {
    title: 'no copies in the data centre of this node',
    look: topology(['dc2', 3]),
    found: ['problem: dc1 has no copies (dc2: 3): nothing can be read here'],
  },
  {
    title: 'copies for a data centre without nodes, as of a name that is misspelt',
    look: topology(['dc1', 3], ['DC2', 3]),
    found: ['problem: copies belong into DC2, of which no node is known'],
  },
  {
    title: 'a strategy that knows no data centres',
    look: { strategy: 'SimpleStrategy', copies: new Map([['', 3]]) },
    found: ['warning: copies are placed by SimpleStrategy (in all: 3), which knows no data centres'],
  },
]

it('doctor tells of fewer copies as a problem where there are nodes for more', () => {
  const known = ['dc1', 'dc1', 'dc1'].map((datacenter) => ({ datacenter }))

  expect(levels(judgeCopies(topology(['dc1', 2]), known, place))).toEqual([
    'problem: dc1 (dc1: 2): with fewer than 3 copies no node may be lost',
  ])
})

it.each(keyspaces)('doctor tells $title', ({ look, found }) => {
  const known = [{ datacenter: 'dc1' }, { datacenter: 'dc2' }]

  expect(levels(judgeCopies(look, known, place))).toEqual(found)
})
