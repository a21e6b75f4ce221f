import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { completed, fetchValues, visit } from './support/calls.ts'
import { makeDirectory, startServer, type Server } from './support/server.ts'

const updated =
  '<response><success>true</success><message>Request successfully submitted</message></response>\n' +
  '200 text/xml;charset=UTF-8'

// The command line of Adobe's page on bulk updates, for both versions, with its sample file.
it.each([
  ['v1', '/m2/demo/profile/batchUpdate', { successfulUpdates: 1, profilesNotFound: 3 }],
  ['v2', '/m2/demo/v2/profile/batchUpdate', { successfulUpdates: 4, profilesNotFound: 0 }],
])('curl uploads a batch by %s and reads its status', async (_version, address, counts) => {
  const directory = makeDirectory()
  const server = await startServer({ directory })
  await visit(server.url, { tntId: '124' })
  const file = path.join(directory, 'BATCH.TXT')
  writeFileSync(
    file,
    'batch=pcId,param1,param2,param3,param4\n123,value1\n124,value1,,,value4\n125,,value2\n' +
      '126,value1,value2,value3,value4\n',
  )

  const accepted = await curl(server, `-X POST --data-binary @${file} http://demo.tt.omtrdc.net${address}`)
  const batchId = /demo-\d{13}-\d{8}/.exec(accepted)?.[0] ?? ''
  await completed(server.url, batchId)
  const link = /<batchStatus>(.*)<\/batchStatus>/.exec(accepted)?.[1] ?? ''
  const status = await curl(server, `"${link}"`)
  const details = await curl(server, `"${link}&showDetails=true"`)

  expect(accepted).toBe(
    '<response><success>true</success>' +
      `<batchStatus>http://demo.tt.omtrdc.net/m2/demo/profile/batchStatus?batchId=${batchId}</batchStatus>` +
      '<message>Batch submitted for processing</message></response>\n200 text/xml;charset=UTF-8',
  )
  const head = `<response><batchId>${batchId}</batchId><status>complete</status><batchSize>4</batchSize>`
  expect(status).toBe(`${head}</response>\n200 text/xml;charset=UTF-8`)
  expect(details).toBe(
    `${head}<consumedCount>4</consumedCount><successfulUpdates>${counts.successfulUpdates}` +
      `</successfulUpdates><profilesNotFound>${counts.profilesNotFound}</profilesNotFound>` +
      '<failedUpdates>0</failedUpdates></response>\n200 text/xml;charset=UTF-8',
  )
  expect(await fetchValues(server.url, '124')).toEqual({ param1: 'value1', param4: 'value4' })
})

it.each([
  ['GET by mboxPC', '"HOST/m2/client/profile/update?mboxPC=1368007744041-575948.01_00&ATTRS"'],
  ['GET by mbox3rdPartyId', '"HOST/m2/client/profile/update?mbox3rdPartyId=123456&ATTRS"'],
  ['GET with the client in the path', '"HOST/m2/demo/profile/update?mbox3rdPartyId=123456&ATTRS"'],
  ['POST of a form', '-d "mbox3rdPartyId=123456&ATTRS" HOST/m2/client/profile/update'],
  ['POST with all in the query', '-X POST "HOST/m2/demo/profile/update?mbox3rdPartyId=123456&ATTRS"'],
  [
    'POST of JSON',
    `-H "Content-Type: application/json" HOST/m2/client/profile/update ` +
      `-d '{"mbox3rdPartyId":"123456","profile.attr":0,"profile.attr2":"1"}'`,
  ],
])('curl updates a profile: %s', async (_title, args) => {
  const server = await startServer({ directory: makeDirectory() })
  await visit(server.url, { tntId: '1368007744041-575948', thirdPartyId: '123456' })
  const written = args
    .replace('HOST', 'http://demo.tt.omtrdc.net')
    .replace('ATTRS', 'profile.attr=0&profile.attr2=1')

  expect(await curl(server, written)).toBe(updated)

  expect(await fetchValues(server.url, 'thirdPartyId/123456')).toEqual({ attr: '0', attr2: '1' })
})

it.each([
  ['tntId', '111492025094307-353046', '111492025094307-353046', 'mboxPC'],
  ['thirdPartyId', 'a1-mbox3rdPartyId', 'thirdPartyId/a1-mbox3rdPartyId', 'third party id'],
  ['marketingCloudVisitorId', '0723445', 'marketingCloudVisitorId/0723445', 'marketingCloudVisitorId'],
])('curl fetches a profile by %s, and is told when there is none', async (kind, id, address, name) => {
  const server = await startServer({ directory: makeDirectory() })
  const url = `"http://demo.tt.omtrdc.net/rest/v1/profiles/${address}?client=demo"`

  const missing = await curl(server, url)
  await visit(server.url, { [kind]: id }, { country: 'france', checking: 'true' })
  const found = await curl(server, url)

  expect(missing).toBe(
    `{"status":404,"message":"No profile found for client demo with ${name}=${id}"}\n` +
      '404 application/json;charset=UTF-8',
  )
  expect(withoutTimes(found)).toBe(
    `{"client":"demo","visitorId":"${id}","modifiedAt":"TIME","profileAttributes":{` +
      '"firstSessionStart":{"value":"MS","modifiedAt":"TIME"},' +
      '"country":{"value":"france","modifiedAt":"TIME"},"checking":{"value":"true","modifiedAt":"TIME"}}}\n' +
      '200 application/json;charset=UTF-8',
  )
})

it('curl makes a visit', async () => {
  const server = await startServer({ directory: makeDirectory() })
  const body = JSON.stringify({
    requestId: '55de9886-bd14-4dee-819c-7d1633b79b90',
    id: { tntId: '10abf6304b2714215b1fd39a870f01afc.28_20', thirdPartyId: 'B234A029348' },
    context: { channel: 'web' },
    execute: { mboxes: [{ name: 'hero', index: 1, profileParameters: { age: '33' } }] },
  })

  const reply = await curl(
    server,
    `-X POST "http://demo.tt.omtrdc.net/rest/v1/delivery?client=demo&sessionId=d359234570e04f14e1faeeba" ` +
      `-H "Content-Type: application/json" -d '${body}'`,
  )

  expect(reply).toBe(
    '{"status":200,"requestId":"55de9886-bd14-4dee-819c-7d1633b79b90","client":"demo",' +
      '"id":{"tntId":"10abf6304b2714215b1fd39a870f01afc","thirdPartyId":"B234A029348"},' +
      '"execute":{"mboxes":[{"index":1,"name":"hero","options":[]}]}}\n200 application/json;charset=UTF-8',
  )
  expect(await fetchValues(server.url, 'thirdPartyId/B234A029348')).toEqual({ age: '33' })
})

it('curl uploads some MB after 100 Continue, and a refused upload is answered without one', async () => {
  const directory = makeDirectory()
  const server = await startServer({ directory })
  const file = path.join(directory, 'big.txt')
  const rows = Array.from({ length: 100_000 }, (_, row) => `visitor-${row},${'x'.repeat(25)}`)
  writeFileSync(file, `batch=thirdPartyId,a\n${rows.join('\n')}`)
  const args = `-v -H "Expect: 100-continue" --expect100-timeout 30 --data-binary @${file}`

  const taken = await curl(server, `${args} http://demo.tt.omtrdc.net/m2/demo/v2/profile/batchUpdate`)
  const refused = await curl(server, `${args} http://demo.tt.omtrdc.net/m2/nobody/v2/profile/batchUpdate`)

  expect(taken).toContain('< HTTP/1.1 100 Continue')
  const batchId = /demo-\d{13}-\d{8}/.exec(taken)?.[0] ?? ''
  expect(await completed(server.url, batchId)).toMatchObject({ successfulUpdates: 100_000 })
  expect(refused).not.toContain('100 Continue')
  expect(refused).toContain(
    '<response><success>false</success><message>There is no client "nobody"; ' +
      'check the client code in the address.</message></response>\n404 text/xml;charset=UTF-8',
  )
})

/** Runs curl as a person types it, with Adobe's host leading to the server; returns all that it prints. */
async function curl({ port }: Server, args: string): Promise<string> {
  const connectTo = `--connect-to demo.tt.omtrdc.net:80:127.0.0.1:${port}`
  const command = `curl -sS ${connectTo} -w '\\n%{http_code} %{content_type}' ${args} 2>&1`
  const { stdout } = await promisify(execFile)('sh', ['-c', command], {
    env: { ...process.env, no_proxy: '*' },
    timeout: 20_000,
  })
  return stdout
}

function withoutTimes(reply: string): string {
  return reply
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00/g, 'TIME')
    .replaceAll(/"\d{13}"/g, '"MS"')
}
