import { clusterUrlForm, parseClusterUrl, type ClusterLocation } from './lib/cluster-url.ts'
import { isLoopback } from './lib/loopback.ts'
import { nearestName } from './lib/nearest.ts'
import type { Parsed, Setting } from './lib/setting.ts'
import { addresses, choice, count, custom, duration, file, hostName, line, secret } from './lib/setting.ts'
import { isClientCode, reservedClientCodes } from './model/client-code.ts'

/** Where profiles are kept, as the store URL says it. */
export type StoreLocation =
  | { readonly kind: 'lmdb'; readonly directory: string }
  | { readonly kind: 'memory' }
  | ({ readonly kind: 'cassandra' } & ClusterLocation)

/** One thing that is wrong with the settings. */
export interface ConfigFault {
  /** The variable or flag as the person wrote it. */
  readonly name: string
  /** What is wrong and what would be right; follows the name. */
  readonly message: string
}

const prefix = 'SILHOUETTE_'

/** Variables of the command line; the server knows them, and leaves them alone. */
const commandLineVariables = new Set(['URL', 'CLIENT', 'TOKEN', 'TIMEOUT'].map((name) => prefix + name))

/** All settings. `docs/reference/settings.md`, `.env.example` and `--help` are made from this table. */
const settings = {
  host: hostName('HOST', 'Address to listen on.', '127.0.0.1', { empty: false }),
  port: count('PORT', 'Port to listen on; 0 asks for a free one.', 8080, { min: 0, max: 65_535 }),
  nodeId: line('NODE_ID', 'Name of this node in the log and the metrics; empty: that of its machine.', ''),
  workers: count(
    'WORKERS',
    'Processes that answer requests; where it is more than one, another process applies batches.',
    1,
    { min: 1, max: 64 },
  ),
  storeUrl: custom(
    'STORE_URL',
    'Where profiles are kept: a directory, a Cassandra cluster, or memory alone (nothing survives).',
    'lmdb:./data',
    { accepts: `lmdb:DIRECTORY, memory: or ${clusterUrlForm}`, parse: parseStoreUrl, flags: ['--store'] },
  ),
  storeMigrate: choice(
    'STORE_MIGRATE',
    'Whether a start makes and upgrades the tables of a cluster; if not, `silhouette store migrate` does.',
    'yes',
    ['yes', 'no'],
  ),
  cassandraUsername: line(
    'CASSANDRA_USERNAME',
    'User of the cluster, in place of the one in the store URL; none by default.',
    '',
  ),
  cassandraPassword: secret('CASSANDRA_PASSWORD', 'Password of that user.', 1),
  cassandraCa: file(
    'CASSANDRA_CA',
    'Authority that the cluster is checked against, in PEM. With it the cluster is spoken to by TLS.',
  ),
  defaultClient: custom(
    'DEFAULT_CLIENT',
    'Code of the client that the first start creates, and that calls without a client mean.',
    'demo',
    { accepts: 'a client code', parse: parseClientCode },
  ),
  logLevel: choice('LOG_LEVEL', 'Least grave log line that is written to standard error.', 'info', [
    'fatal',
    'error',
    'warn',
    'info',
    'debug',
    'trace',
    'silent',
  ]),
  trustedProxies: addresses(
    'TRUSTED_PROXIES',
    'Reverse proxies whose X-Forwarded headers are believed; none by default.',
  ),
  publicUrl: custom(
    'PUBLIC_URL',
    'Address by which browsers reach the server, where its proxy does not tell; none by default.',
    '',
    { accepts: 'an http or https address without a path, or nothing', parse: parseOrigin },
  ),
  tlsCert: file(
    'TLS_CERT',
    'Certificate with its chain, in PEM. With it the server speaks HTTPS; SIGHUP reads it again.',
  ),
  tlsKey: file('TLS_KEY', 'Key of that certificate, in PEM, without a passphrase.'),
  edgeHost: hostName(
    'EDGE_HOST',
    'Public host name given to SDKs in visit replies, which they call from then on; none by default.',
    '',
    { empty: true },
  ),
  profileLifetimeDays: count(
    'PROFILE_LIFETIME_DAYS',
    'Days after its last write or visit that a profile lives, for clients created from then on.',
    14,
    { min: 1, max: 90 },
  ),
  updateQueryBytesMax: count('UPDATE_GET_BYTES_MAX', 'Largest query of an update by GET, in bytes.', 8192, {
    min: 256,
    max: 65_536,
  }),
  updatePostBytesMax: count(
    'UPDATE_POST_BYTES_MAX',
    'Largest update by POST, query and body together, in bytes.',
    61_440,
    { min: 256, max: 1_048_576 },
  ),
  deliveryBytesMax: count('DELIVERY_BYTES_MAX', 'Largest body of a visit, in bytes.', 1_048_576, {
    min: 1024,
    max: 16_777_216,
  }),
  batchBytesMax: count(
    'BATCH_BYTES_MAX',
    'An upload must be smaller than this, in bytes after decompression.',
    52_428_800,
    { min: 1024, max: 1_073_741_824 },
  ),
  batchRowsMax: count('BATCH_ROWS_MAX', 'Most rows of an upload.', 500_000, { min: 1, max: 10_000_000 }),
  batchRetentionDays: count(
    'BATCH_RETENTION_DAYS',
    'Days that the status and the failed rows of a batch can be asked for.',
    30,
    { min: 1, max: 365 },
  ),
  batchStuckSeconds: duration(
    'BATCH_STUCK_SECONDS',
    'Seconds without progress after which a batch is reported as stuck.',
    600,
    { min: 0.1, max: 86_400 },
  ),
  batchCallsPerMinute: count(
    'BATCH_CALLS_PER_MINUTE',
    'Uploads that each client may send a minute; 0 for no limit.',
    0,
    { min: 0, max: 1_000_000 },
  ),
  adminCallsPerMinute: count(
    'ADMIN_CALLS_PER_MINUTE',
    'Calls to the Admin API that each client has a minute; 0 for no limit.',
    50,
    { min: 0, max: 1_000_000 },
  ),
  auditRetentionDays: count('AUDIT_RETENTION_DAYS', 'Days that entries of the audit log are kept.', 400, {
    min: 1,
    max: 36_500,
  }),
  secretKey: secret(
    'SECRET_KEY',
    'Key that seals tokens at rest and signs access tokens; without it, a file in the store directory.',
    32,
  ),
  secretKeyChanged: choice(
    'SECRET_KEY_CHANGED',
    'Say yes for one start when the former key is lost: tokens go on working but cannot be read again.',
    'no',
    ['no', 'yes'],
  ),
  adminEmail: custom<string | undefined>(
    'ADMIN_EMAIL',
    'E-mail address of the first system admin; taken by the first start.',
    'admin@localhost',
    {
      accepts: 'an e-mail address',
      parse: (text) => (/^[^\s@]+@[^\s@]+$/.test(text) ? { value: text } : { fault: 'an e-mail address' }),
    },
  ),
  adminPassword: secret(
    'ADMIN_PASSWORD',
    'Password of the first system admin; made up and printed by the first start when not given.',
    12,
  ),
  apiClientId: custom<string | undefined>(
    'API_CLIENT_ID',
    'Client id of the first API credential; made up and printed by the first start when not given.',
    '',
    {
      accepts: 'up to 100 letters, digits and . _ - @',
      parse: (text) => {
        if (text === '') return { value: undefined }
        const isId = /^[\w.@-]{1,100}$/.test(text)
        return isId ? { value: text } : { fault: 'up to 100 letters, digits and . _ - @' }
      },
    },
  ),
  apiClientSecret: secret(
    'API_CLIENT_SECRET',
    'Secret of the first API credential; made up and printed by the first start when not given.',
    8,
  ),
  oidcIssuer: custom(
    'OIDC_ISSUER',
    'Issuer of the OpenID Connect provider by which people may sign in, too; none by default.',
    '',
    { accepts: 'an https address (http for this machine), or nothing', parse: parseIssuer },
  ),
  oidcClientId: line('OIDC_CLIENT_ID', 'Client id of this server at that provider.', ''),
  oidcClientSecret: secret('OIDC_CLIENT_SECRET', 'Client secret of this server at that provider.', 1),
  oidcName: line('OIDC_NAME', 'What the sign-in page calls the provider.', 'single sign-on'),
  oidcCreate: choice(
    'OIDC_CREATE',
    'What becomes of people whom nobody has added: nothing, or observers of the default client.',
    'no',
    ['no', 'observer'],
  ),
  checkpointRows: count(
    'CHECKPOINT_ROWS',
    'Rows of a batch applied at once. More is faster; live writes wait for as long as they take.',
    10_000,
    { min: 1, max: 500_000 },
  ),
  bodyIdleSeconds: duration(
    'BODY_IDLE_SECONDS',
    'Seconds without a byte after which a body is cut off.',
    60,
    {
      min: 0.1,
      max: 3600,
    },
  ),
  bodyRateMin: count(
    'BODY_RATE_MIN',
    'Bytes a second below which a body is cut off; 0 turns this off.',
    1024,
    { min: 0, max: 1_048_576 },
  ),
  bodyRateWindowSeconds: duration(
    'BODY_RATE_WINDOW_SECONDS',
    'Seconds over which that rate is measured.',
    60,
    { min: 0.1, max: 3600 },
  ),
  drainSeconds: duration(
    'DRAIN_SECONDS',
    'Seconds that a server told to stop goes on answering, not ready: as long as its balancer takes to see.',
    0,
    { min: 0, max: 600 },
  ),
  shutdownSeconds: duration(
    'SHUTDOWN_SECONDS',
    'Seconds that requests in flight have to end after SIGTERM or SIGINT.',
    10,
    { min: 0.1, max: 600 },
  ),
}

type Settings = typeof settings
type ValueOf<Row> = Row extends Setting<infer Value> ? Value : never

/** The settings as the process uses them: checked, typed and frozen. */
export type Config = { readonly [Key in keyof Settings]: ValueOf<Settings[Key]> }

/** What the settings come to. */
export type ConfigReading =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigFault[] }
  | { readonly kind: 'help'; readonly text: string }

/** A setting as documents show it. */
export interface SettingDescription extends Omit<Setting<unknown>, 'parse' | 'name'> {
  /** The whole name of the variable. */
  readonly variable: string
}

/** Lists all settings in the order of the table. */
export function describeSettings(): readonly SettingDescription[] {
  return Object.values(settings).map(({ name, flags, defaultText, accepts, doc }) => ({
    variable: prefix + name,
    flags: [flagOf(name), ...flags],
    defaultText,
    accepts,
    doc,
  }))
}

/**
 * Reads all settings: a flag goes before the variable, the variable before the default.
 *
 * An empty variable counts as absent. All faults are collected; unknown flags and unknown variables
 * of our prefix are among them, because a mistyped limit must not silently be the default.
 *
 * @param env  the process's environment
 * @param argv the arguments after the script's name
 */
export function readConfig(from: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly argv: readonly string[]
}): ConfigReading {
  if (from.argv.some((argument) => argument === '--help' || argument === '-h')) {
    return { kind: 'help', text: helpText() }
  }
  const faults: ConfigFault[] = findUnknownVariables(from.env)
  const flags = readFlags(from.argv, faults)
  const values: Record<string, unknown> = {}
  for (const [key, setting] of Object.entries<Setting<unknown>>(settings)) {
    const given = flags.get(setting.name) ?? readVariable(from.env, setting.name)
    const parsed = setting.parse(given?.text ?? setting.defaultText)
    if ('value' in parsed) values[key] = parsed.value
    else
      faults.push({
        name: given?.as ?? setting.name,
        message: `must be ${parsed.fault}${setting.isSecret ? '' : `, not "${withoutLogin(given?.text)}"`}`,
      })
  }
  for (const pair of pairs) {
    const missing = pair.filter(([key]) => isBlank(values[key]))
    if (missing.length === 1) faults.push(halfOf(pair, missing))
  }
  faults.push(...findSplitMemory(values))
  if (faults.length > 0) return { kind: 'faults', faults }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each key was read by its own row's parser
  return { kind: 'config', config: Object.freeze(values) as Config }
}

/** A store in memory is there for one process alone. */
function findSplitMemory({ storeUrl, workers }: Readonly<Record<string, unknown>>): ConfigFault[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- read by that row's parser, if at all
  const isMemory = (storeUrl as StoreLocation | undefined)?.kind === 'memory'
  if (!isMemory || workers === 1 || workers === undefined) return []
  return [{ name: `${prefix}WORKERS`, message: 'must be 1 where the store is memory: alone' }]
}

/** An issuer, which may have a path; what it says of people must come over TLS. */
function parseIssuer(given: string): Parsed<string> {
  if (given === '') return { value: '' }
  const url = URL.canParse(given) ? new URL(given) : undefined
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  const isPlain = url?.search === '' && url.hash === '' && url.username === ''
  return isSafe && isPlain ? { value: given } : { fault: 'an https address (http for this machine)' }
}

/** An origin without its trailing slash. */
function parseOrigin(text: string): Parsed<string> {
  if (text === '') return { value: '' }
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
  return isOrigin ? { value: url.origin } : { fault: 'an http or https address without a path' }
}

/**
 * Reads the one setting of the store, for what works on it beside its server: faults of other settings
 * are then no hindrance.
 *
 * @param flag what `--store` says
 */
export function readStoreUrl(from: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flag: string | undefined
}): { readonly value: StoreLocation } | { readonly fault: ConfigFault } {
  const { defaultText, name, parse } = settings.storeUrl
  const variable = readVariable(from.env, name)
  const given = from.flag === undefined ? variable : { as: '--store', text: from.flag }
  const parsed = parse(given?.text ?? defaultText)
  if ('value' in parsed) return parsed
  return {
    fault: {
      name: given?.as ?? name,
      message: `must be ${parsed.fault}, not "${withoutLogin(given?.text)}"`,
    },
  }
}

/** A URL may hold a password, which no message shows. */
function withoutLogin(text: string | undefined): string | undefined {
  return text?.replace(/:\/\/[^@/]*@/, '://…@')
}

function isBlank(value: unknown): boolean {
  return value === '' || value === undefined
}

/** Settings that make sense together only, with their names. */
const pairs = [
  [
    ['tlsCert', 'TLS_CERT'],
    ['tlsKey', 'TLS_KEY'],
  ],
  [
    ['oidcIssuer', 'OIDC_ISSUER'],
    ['oidcClientId', 'OIDC_CLIENT_ID'],
  ],
] as const satisfies readonly (readonly (readonly [keyof Settings, string])[])[]

type Pair = (typeof pairs)[number]

function halfOf(pair: Pair, [missing]: readonly Pair[number][]): ConfigFault {
  const given = pair.find((half) => half !== missing)
  return { name: prefix + missing?.[1], message: `must be given where ${prefix}${given?.[1]} is` }
}

/** A setting's text and the variable or flag that it came from. */
interface Given {
  readonly as: string
  readonly text: string
}

function readVariable(env: Readonly<Record<string, string | undefined>>, name: string): Given | undefined {
  const text = env[prefix + name]
  return text === undefined || text === '' ? undefined : { as: prefix + name, text }
}

function findUnknownVariables(env: Readonly<Record<string, string | undefined>>): ConfigFault[] {
  const known = new Set(describeSettings().map((setting) => setting.variable))
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && !known.has(name) && !commandLineVariables.has(name))
    .map((name) => ({ name, message: unknownMessage(name, known) }))
}

/** Reads `--flag value` and `--flag=value`; the result's keys are the settings' names. */
function readFlags(argv: readonly string[], faults: ConfigFault[]): Map<string, Given> {
  const known = knownFlags()
  const flags = new Map<string, Given>()
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? ''
    const [flag, inline] = splitFlag(argument)
    const name = known.get(flag)
    const next = argv[i + 1]
    const text = inline ?? (next === undefined || next.startsWith('--') ? undefined : next)
    const message = judgeFlag({ flag, name, text, again: name !== undefined && flags.has(name) })
    if (message !== undefined) faults.push({ name: flag, message })
    else if (name !== undefined && text !== undefined) flags.set(name, { as: flag, text })
    // The value of an unknown flag goes with it; else it would be reported as a second fault.
    if (inline === undefined && text !== undefined && flag.startsWith('--')) i++
  }
  return flags
}

function judgeFlag(read: {
  readonly flag: string
  readonly name: string | undefined
  readonly text: string | undefined
  readonly again: boolean
}): string | undefined {
  if (!read.flag.startsWith('-')) return 'is not a setting; settings are written as --flag value'
  if (read.name === undefined) return unknownMessage(read.flag, knownFlags().keys())
  if (read.text === undefined) return 'needs a value'
  return read.again ? 'is given more than once' : undefined
}

function splitFlag(argument: string): [string, string?] {
  const at = argument.indexOf('=')
  return at < 0 || !argument.startsWith('--') ? [argument] : [argument.slice(0, at), argument.slice(at + 1)]
}

function knownFlags(): Map<string, string> {
  return new Map(
    Object.values<Setting<unknown>>(settings).flatMap(({ name, flags }) =>
      [flagOf(name), ...flags].map((flag): [string, string] => [flag, name]),
    ),
  )
}

function flagOf(name: string): string {
  return `--${name.toLowerCase().replaceAll('_', '-')}`
}

function unknownMessage(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known)
  return nearest === undefined ? 'is no setting; --help lists all' : `is no setting; did you mean ${nearest}?`
}

function parseStoreUrl(text: string): Parsed<StoreLocation> {
  if (text === 'memory:') return { value: { kind: 'memory' } }
  if (text.startsWith('cassandra:')) {
    const parsed = parseClusterUrl(text)
    return 'fault' in parsed ? parsed : { value: { kind: 'cassandra', ...parsed.value } }
  }
  const directory = text.startsWith('lmdb:') ? text.slice('lmdb:'.length) : ''
  if (directory === '' || directory.startsWith('//'))
    return { fault: `lmdb:DIRECTORY, memory: or ${clusterUrlForm}` }
  return { value: { kind: 'lmdb', directory } }
}

function parseClientCode(text: string): Parsed<string> {
  if (isClientCode(text)) return { value: text }
  if (reservedClientCodes.has(text)) return { fault: 'a code that is not an address of the service' }
  return { fault: 'up to 63 lower-case letters, digits and hyphens, beginning with a letter or digit' }
}

function helpText(): string {
  const lines = describeSettings().flatMap((setting) => [
    `  ${setting.flags.join(', ')}`,
    `      ${setting.doc}`,
    `      ${setting.accepts}; default: ${setting.defaultText || 'none'}; variable: ${setting.variable}`,
  ])
  return [
    'Settings are flags (--port 9000 or --port=9000) or environment variables; flags go first.',
    '',
    ...lines,
    '  --help, -h',
    '      Prints this.',
    '',
  ].join('\n')
}
