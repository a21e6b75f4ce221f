import { describe, expect, it } from 'vitest'
import { credential, Person, startWithCommand } from './support/command.ts'

/** An address at which nothing listens: port 1 is nobody's. */
const nowhere = 'http://127.0.0.1:1'

describe('exit codes', () => {
  it('ends with 0 when done, with 1 when the service refuses', async () => {
    const { admin } = await startWithCommand()

    const done = await admin.run(['client', 'list'])
    const refused = await admin.run(['client', 'list'], {
      env: { SILHOUETTE_API_CLIENT_SECRET: 'another secret' },
    })

    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.stdout).toMatch(/^CODE +NAME +IMS ORG\ndemo +demo +DEMO@AdobeOrg\n$/)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^silhouette: .+\n.*`silhouette login`.*\n$/)
  })

  it.each([
    [['clint', 'list'], /Unknown command 'clint'\.\n\(Did you mean client\?\)/],
    [['client', 'lits'], /Did you mean list\?/],
    [['client', 'list', '--jsno'], /Unknown option '--jsno'\.\n\(Did you mean --json\?\)/],
    [['client', 'list', 'demo', 'more'], /Too many arguments/],
    [['client', 'list', '--timeout', '30'], /Give a whole number and its unit, as in 30s/],
    [['client', 'list', '--url', 'localhost:8080'], /"localhost:8080" is no address of a service/],
    [['client', 'list', '--client', ''], /--client must not be ""/],
    [['client', 'list'], /needs an API credential.\nStore it by `silhouette login`/],
    [['client', 'list', '--api-client-id', 'first'], /SECRET must be given where the id is/],
    [['client'], /^Usage: silhouette client/],
  ])('ends with 2 for %j and says what is wrong', async (args, expected) => {
    const { code, stdout, stderr } = await new Person().run(args)

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(expected)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it('ends with 3 when nothing answers, and says where it looked', async () => {
    const person = new Person({ SILHOUETTE_URL: nowhere, ...credential })

    const { code, stdout, stderr } = await person.run(['client', 'list'])

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toContain(nowhere)
    expect(stderr).toContain('silhouette serve')
  })

  it('tells errors in JSON, with the exit code and what to do', async () => {
    const person = new Person({ SILHOUETTE_URL: nowhere, ...credential })

    const { code, stdout, stderr } = await person.run(['client', 'list', '--json'])

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'not_reachable',
        message: expect.stringContaining(nowhere),
        hint: expect.stringContaining('--url'),
        exitCode: 3,
      },
    })
  })
})
