import type { FastifyInstance } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { Refusal } from '../lib/errors.ts'
import { hasBody } from './unread-body.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes as long as what it takes in: each of its steps has a limit of its own. */
    isUpload?: boolean
  }
}

/**
 * Ends each request so long after it has arrived whole, with 503: over a network its steps in the store
 * add up, and whoever calls waits five seconds. What is under way then goes on, unconfirmed.
 */
export function limitTime(app: FastifyInstance, limitMs: number): void {
  app.addHook('onRoute', (route) => {
    const { handler } = route
    if (route.config?.isUpload === true) return
    route.handler = async function answer(request, reply) {
      const limit = new Limit(request.raw, limitMs)
      try {
        return await Promise.race([handler.call(this, request, reply), limit.passed])
      } finally {
        limit.end()
      }
    }
  })
}

/** Rejects when the time is over. It counts from the end of the body. */
class Limit {
  readonly passed: Promise<never>
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(request: IncomingMessage, limitMs: number) {
    this.passed = new Promise((_, reject) => {
      const begin = () => {
        if (!this.#isOver) this.#timer = setTimeout(() => reject(tooLate()), limitMs)
      }
      if (hasBody(request)) request.once('end', begin)
      else begin()
    })
  }

  end() {
    this.#isOver = true
    clearTimeout(this.#timer)
  }
}

function tooLate(): Refusal {
  const message = 'The store takes too long to answer; nothing is confirmed. Try again later.'
  return new Refusal('store_unavailable', message)
}
