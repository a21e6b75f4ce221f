import { describe, expect, it } from 'vitest'
import type { Config, ConfigFault } from '../src/config.ts'
import { describeSettings, readConfig } from '../src/config.ts'

function configOf(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Config {
  const reading = readConfig({ argv, env })
  if (reading.kind !== 'config') throw new Error(JSON.stringify(reading))
  return reading.config
}

function faultsOf(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): readonly ConfigFault[] {
  const reading = readConfig({ argv, env })
  return reading.kind === 'faults' ? reading.faults : []
}

describe('settings', () => {
  it('has a default for every setting', () => {
    expect(configOf([])).toEqual({
      host: '127.0.0.1',
      port: 8080,
      workers: 1,
      adminCallsPerMinute: 50,
      adminEmail: 'admin@localhost',
      auditRetentionDays: 400,
      batchCallsPerMinute: 0,
      secretKeyChanged: 'no',
      storeUrl: { kind: 'lmdb', directory: './data' },
      storeMigrate: 'yes',
      cassandraUsername: '',
      cassandraPassword: undefined,
      cassandraCa: '',
      defaultClient: 'demo',
      logLevel: 'info',
      trustedProxies: [],
      publicUrl: '',
      oidcIssuer: '',
      oidcClientId: '',
      oidcClientSecret: undefined,
      oidcName: 'single sign-on',
      oidcCreate: 'no',
      tlsCert: '',
      tlsKey: '',
      nodeId: '',
      edgeHost: '',
      profileLifetimeDays: 14,
      updateQueryBytesMax: 8192,
      updatePostBytesMax: 61_440,
      deliveryBytesMax: 1_048_576,
      batchBytesMax: 52_428_800,
      batchRowsMax: 500_000,
      batchRetentionDays: 30,
      batchStuckSeconds: 600,
      checkpointRows: 10_000,
      bodyIdleSeconds: 60,
      bodyRateMin: 1024,
      bodyRateWindowSeconds: 60,
      shutdownSeconds: 10,
      drainSeconds: 0,
    })
  })

  it('takes a flag before the variable and the variable before the default', () => {
    const env = { SILHOUETTE_PORT: '9000', SILHOUETTE_HOST: '::1' }

    const config = configOf(['--port', '9001'], env)

    expect([config.port, config.host]).toEqual([9001, '::1'])
  })

  it('reads flags with a space and with an equals sign alike', () => {
    expect(configOf(['--port', '0'])).toEqual(configOf(['--port=0']))
  })

  it('knows --store as the short form of --store-url', () => {
    const location = { kind: 'lmdb', directory: '/srv/profiles' }

    expect(configOf(['--store', 'lmdb:/srv/profiles']).storeUrl).toEqual(location)
    expect(configOf(['--store-url=lmdb:/srv/profiles']).storeUrl).toEqual(location)
    expect(configOf(['--store', 'memory:']).storeUrl).toEqual({ kind: 'memory' })
  })

  it('takes an empty variable for an absent one', () => {
    expect(configOf([], { SILHOUETTE_PORT: '' }).port).toBe(8080)
  })

  it('leaves variables of others alone', () => {
    expect(configOf([], { PORT: 'x', HOST: 'y' }).port).toBe(8080)
  })

  it('cannot be changed once read', () => {
    const config = configOf(['--trusted-proxies', '10.0.0.1'])

    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.trustedProxies)).toBe(true)
  })

  it.each<[string, string, keyof Config, unknown]>([
    ['--trusted-proxies', '10.0.0.0/8, ::1,fd00::/8', 'trustedProxies', ['10.0.0.0/8', '::1', 'fd00::/8']],
    ['--body-idle-seconds', '0.25', 'bodyIdleSeconds', 0.25],
    ['--log-level', 'debug', 'logLevel', 'debug'],
    ['--profile-lifetime-days', '90', 'profileLifetimeDays', 90],
    ['--edge-host', 'profiles.example.com', 'edgeHost', 'profiles.example.com'],
    ['--edge-host', '', 'edgeHost', ''],
    ['--public-url', 'https://profiles.example.com/', 'publicUrl', 'https://profiles.example.com'],
    ['--oidc-name', ' Example ', 'oidcName', 'Example'],
    ['--update-get-bytes-max', '4096', 'updateQueryBytesMax', 4096],
    ['--body-rate-min', '0', 'bodyRateMin', 0],
  ])('takes %s %j', (flag, text, key, value) => {
    expect(configOf([`${flag}=${text}`])[key]).toEqual(value)
  })
})

describe('faulty settings', () => {
  it.each([
    ['--public-url', 'https://profiles.example.com/path'],
    ['--public-url', 'profiles.example.com'],
    ['--oidc-issuer', 'http://idp.example.com'],
    ['--oidc-issuer', 'https://idp.example.com/?x=1'],
    ['--oidc-create', 'approver'],
    ['--port', '65536'],
    ['--port', '-1'],
    ['--port', '80.5'],
    ['--port', ''],
    ['--port', '0x50'],
    ['--port', ' 80'],
    ['--host', 'two words'],
    ['--host', ''],
    ['--host', '300.1.1.1'],
    ['--store-url', 'redis://localhost'],
    ['--store-url', 'lmdb:'],
    ['--store-url', './data'],
    ['--default-client', 'Demo'],
    ['--default-client', 'rest'],
    ['--log-level', 'loud'],
    ['--trusted-proxies', '10.0.0.0/33'],
    ['--trusted-proxies', '10.0.0.1/8/8'],
    ['--trusted-proxies', '10.0.0.1,,::1'],
    ['--trusted-proxies', 'proxy.local'],
    ['--profile-lifetime-days', '0'],
    ['--profile-lifetime-days', '91'],
    ['--shutdown-seconds', '1e1'],
    ['--batch-rows-max', '٣'],
  ])('refuses %s %j and quotes it', (flag, text) => {
    const faults = faultsOf([`${flag}=${text}`])

    expect(faults).toEqual([{ name: flag, message: expect.stringContaining(`, not "${text}"`) }])
  })

  it('says of a store URL what is taken', () => {
    expect(faultsOf([], { SILHOUETTE_STORE_URL: 'redis://x' })).toEqual([
      {
        name: 'SILHOUETTE_STORE_URL',
        message:
          'must be lmdb:DIRECTORY, memory: or cassandra://HOST,HOST/KEYSPACE?datacenter=NAME, ' +
          'not "redis://x"',
      },
    ])
  })

  it('reads where a cluster is, with everything that its URL may say', () => {
    const plain = 'cassandra://10.0.0.1,10.0.0.2:9043/silhouette?datacenter=dc1'
    const full =
      'cassandra://ann:p%40ss:word@db/profiles?datacenter=eu&consistency=each_quorum&ca=/etc/ca.pem'

    expect(configOf([`--store=${plain}`]).storeUrl).toEqual({
      kind: 'cassandra',
      hosts: ['10.0.0.1', '10.0.0.2:9043'],
      keyspace: 'silhouette',
      datacenter: 'dc1',
      consistency: 'local_quorum',
    })
    expect(configOf([`--store=${full}`]).storeUrl).toEqual({
      kind: 'cassandra',
      hosts: ['db'],
      keyspace: 'profiles',
      datacenter: 'eu',
      username: 'ann',
      password: 'p@ss:word',
      tls: { caFile: '/etc/ca.pem' },
      consistency: 'each_quorum',
    })
  })

  it.each([
    ['cassandra://h/silhouette', 'the data centre is missing'],
    ['cassandra:///silhouette?datacenter=dc1', 'is no host'],
    ['cassandra://h,/silhouette?datacenter=dc1', '"" is no host'],
    ['cassandra://h?datacenter=dc1', 'is no host'],
    ['cassandra://h/Silhouette?datacenter=dc1', 'a keyspace is'],
    ['cassandra://h/silhouette?dc=dc1', '"dc" is no parameter'],
    ['cassandra://h/silhouette?datacenter=dc1&tls=maybe', 'tls is yes or no'],
    ['cassandra://h/silhouette?datacenter=dc1&consistency=one', 'consistency is one of'],
  ])('refuses %s: %s', (url, fault) => {
    expect(faultsOf([], { SILHOUETTE_STORE_URL: url })).toEqual([
      { name: 'SILHOUETTE_STORE_URL', message: expect.stringContaining(fault) },
    ])
  })

  it('shows no password of a store URL that is at fault', () => {
    const [fault] = faultsOf([], { SILHOUETTE_STORE_URL: 'cassandra://ann:geheim@h/x' })

    expect(fault?.message).not.toContain('geheim')
  })

  it('are reported together, by the name that was written', () => {
    const argv = ['--port', 'high', 'stray', '--log-level']
    const env = { SILHOUETTE_HOST: '-', SILHOUETTE_BATCH_ROWS_MAX: '0' }

    const names = faultsOf(argv, env).map((fault) => fault.name)

    expect(names.toSorted()).toEqual(
      ['--log-level', '--port', 'SILHOUETTE_BATCH_ROWS_MAX', 'SILHOUETTE_HOST', 'stray'].toSorted(),
    )
  })

  it.each([
    [['--prot', '9000'], '--prot', 'is no setting; did you mean --port?'],
    [['--stor=lmdb:x'], '--stor', 'is no setting; did you mean --store?'],
    [['--frobnicate'], '--frobnicate', 'is no setting; --help lists all'],
    [['-p', '9000'], '-p', 'is no setting; --help lists all'],
    [['--port', '1', '--port=2'], '--port', 'is given more than once'],
    [['--port', '--host=::1'], '--port', 'needs a value'],
  ])('%j: %s %s', (argv, name, message) => {
    expect(faultsOf(argv)).toContainEqual({ name, message })
  })

  it.each([
    [{ SILHOUETTE_TLS_CERT: 'cert.pem' }, 'SILHOUETTE_TLS_KEY', 'SILHOUETTE_TLS_CERT'],
    [{ SILHOUETTE_TLS_KEY: 'key.pem' }, 'SILHOUETTE_TLS_CERT', 'SILHOUETTE_TLS_KEY'],
    [{ SILHOUETTE_OIDC_CLIENT_ID: 'x' }, 'SILHOUETTE_OIDC_ISSUER', 'SILHOUETTE_OIDC_CLIENT_ID'],
    [{ SILHOUETTE_OIDC_ISSUER: 'https://x.test' }, 'SILHOUETTE_OIDC_CLIENT_ID', 'SILHOUETTE_OIDC_ISSUER'],
  ])('include half of what TLS needs: %j', (env, missing, given) => {
    expect(faultsOf([], env)).toEqual([{ name: missing, message: `must be given where ${given} is` }])
  })

  it('do not include the variables of the command line, which share the environment', () => {
    const names = ['URL', 'CLIENT', 'TOKEN', 'TIMEOUT'].map((name) => `SILHOUETTE_${name}`)

    expect(faultsOf([], Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([])
  })

  it('include unknown variables of our prefix, so that a mistyped limit is never the default', () => {
    expect(faultsOf([], { SILHOUETTE_BATCH_ROW_MAX: '5' })).toEqual([
      { name: 'SILHOUETTE_BATCH_ROW_MAX', message: 'is no setting; did you mean SILHOUETTE_BATCH_ROWS_MAX?' },
    ])
  })
})

describe('help', () => {
  it('names every setting with its flags, default and variable, whatever else is given', () => {
    const reading = readConfig({ argv: ['--port', 'x', '--help'], env: {} })

    const text = reading.kind === 'help' ? reading.text : ''
    for (const setting of describeSettings()) {
      expect(text).toContain(setting.flags.join(', '))
      expect(text).toContain(`default: ${setting.defaultText || 'none'}; variable: ${setting.variable}`)
    }
  })
})
