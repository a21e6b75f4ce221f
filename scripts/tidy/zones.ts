/** What the files of one part of the tree may import. A target is a path, or a folder that ends in `/`. */
export interface Zone {
  readonly name: string
  /** The files that the rule is about. */
  readonly files: RegExp
  /** Our own files that may be imported. */
  readonly ours: readonly string[]
  /** Of those, what may be imported for its types alone. */
  readonly typesOnly?: readonly string[]
  /** Packages that may be imported; `all` excepts the drivers and the web framework. */
  readonly packages: readonly string[] | 'all' | 'any'
  /** Node's own modules that may be imported; all when left out. */
  readonly nodeModules?: readonly string[]
}

/** Packages that have one place each; `packages: 'all'` does not include them. */
export const placedPackages = ['fastify', '@fastify/', 'lmdb', 'cassandra-driver']

/**
 * Who may import what: the arrows of ARCHITECTURE.md, as data.
 *
 * The first zone that matches a file holds for it. `model` gets no module that does input or output,
 * because its rules are also run where there is none to be done: in every store, on every node.
 */
export const zones: readonly Zone[] = [
  { name: 'lib', files: /^src\/lib\//, ours: ['src/lib/'], packages: [] },
  {
    name: 'wire',
    files: /^src\/wire\//,
    ours: ['src/wire/', 'src/lib/'],
    packages: ['@sinclair/typebox'],
    nodeModules: ['node:buffer'],
  },
  {
    name: 'model',
    files: /^src\/model\//,
    ours: ['src/model/', 'src/lib/'],
    packages: [],
    nodeModules: ['node:buffer', 'node:crypto', 'node:util'],
  },
  { name: 'store.ts', files: /^src\/store\/store\.ts$/, ours: ['src/model/', 'src/lib/'], packages: [] },
  ...storeZones({ memory: [], lmdb: ['lmdb'], cassandra: ['cassandra-driver'] }),
  {
    name: 'domain',
    files: /^src\/domain\//,
    ours: ['src/domain/', 'src/model/', 'src/store/store.ts', 'src/lib/'],
    typesOnly: ['src/store/store.ts'],
    packages: 'all',
    nodeModules: [
      'node:buffer',
      'node:crypto',
      'node:stream',
      'node:stream/promises',
      'node:util',
      'node:zlib',
    ],
  },
  {
    name: 'http/services.ts',
    files: /^src\/http\/services\.ts$/,
    ours: ['src/http/', 'src/domain/', 'src/wire/', 'src/store/store.ts', 'src/model/', 'src/lib/'],
    packages: ['fastify', '@fastify/', '@sinclair/typebox', 'pino'],
  },
  {
    name: 'http',
    files: /^src\/http\//,
    ours: ['src/http/', 'src/domain/', 'src/wire/', 'src/model/', 'src/lib/'],
    packages: ['fastify', '@fastify/', '@sinclair/typebox', 'pino', 'prom-client'],
  },
  {
    name: 'cli',
    files: /^src\/cli\//,
    ours: [
      'src/cli/',
      'src/config.ts',
      'src/main.ts',
      'src/services.ts',
      'src/domain/',
      'src/store/',
      'src/model/',
      'src/lib/',
    ],
    packages: 'all',
  },
  { name: 'config.ts', files: /^src\/config\.ts$/, ours: ['src/model/', 'src/lib/'], packages: [] },
  { name: 'the top of src', files: /^src\/(workers\/)?[^/]+$/, ours: ['src/'], packages: 'any' },
  { name: 'src', files: /^src\//, ours: ['src/lib/'], packages: [] },
  { name: 'client', files: /^client\/src\//, ours: ['client/src/'], packages: [], nodeModules: [] },
  {
    name: 'console',
    files: /^console\/src\//,
    ours: ['console/src/', 'client/'],
    packages: 'all',
    nodeModules: [],
  },
]

/** A store knows the interface and itself: never another store, nor what is above. */
function storeZones(drivers: Readonly<Record<string, readonly string[]>>): Zone[] {
  return Object.entries(drivers).map(([name, packages]) => ({
    name: `store/${name}`,
    files: new RegExp(`^src/store/${name}/`),
    ours: [`src/store/${name}/`, 'src/store/store.ts', 'src/model/', 'src/lib/'],
    packages,
  }))
}
