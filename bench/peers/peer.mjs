/** A reply of the size that a fetched profile of five attributes has. */
export const constantReply = JSON.stringify({ client: 'demo', profile: 'x'.repeat(560) })

/** Listens on a free port of the loopback, and prints the address for the bench. */
export async function listenFor(app) {
  process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
  stopOnSignal()
}

export function stopOnSignal() {
  process.on('SIGTERM', () => process.exit(0))
}

/** How long a profile lives after its last write, in milliseconds. */
export const lifetimeMs = 14 * 86_400_000

/** The attributes that a query sets: every parameter that begins with `profile.`. */
export function attributesOf(query) {
  const set = {}
  for (const [name, value] of Object.entries(query)) {
    if (name.startsWith('profile.')) set[name.slice('profile.'.length)] = value
  }
  return set
}

export function notFound(reply) {
  return reply.code(404).send({ status: 404, message: 'No profile found' })
}
