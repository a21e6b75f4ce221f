import { NotReachable, ServiceError, Silhouette } from '@silhouette/client'

/** Calls with the session of whoever is signed in; `client` is empty where no client is meant. */
export function serverFor(client = ''): Silhouette {
  return new Silhouette({ url: location.origin, client, auth: 'session' })
}

/** The profile API as a program calls it, with a token or without. */
export function programFor(client: string, token: string | undefined): Silhouette {
  return new Silhouette({ url: location.origin, client, token })
}

/** Whether the server refused with this code. */
export function isRefusal(error: unknown, code: string): error is ServiceError {
  return error instanceof ServiceError && error.code === code
}

/** Whether there was no answer at all. */
export function isNotReachable(error: unknown): boolean {
  return error instanceof NotReachable
}
