import { Type } from '@sinclair/typebox'
import { named } from './named.ts'

/** An error of every endpoint outside `/m2/`, in the shape of Adobe's edge. */
export const RestError = named(
  'RestError',
  Type.Object({
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    message: Type.String({ description: 'What was wrong, where, and what to do.' }),
  }),
)

/** Writes an error of every endpoint outside `/m2/`. */
export function writeRestError(status: number, message: string): string {
  return JSON.stringify({ status, message })
}

/** An error of the console's own endpoints, `/api/…`: the same with room for the code. */
export const ApiError = named(
  'ApiError',
  Type.Object({
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: Type.Optional(Type.String({ description: 'Why; permanent. Absent for a fault of the service.' })),
    message: Type.String({ description: 'What was wrong, where, and what to do.' }),
  }),
)

/** Writes an error of the console's own endpoints. */
export function writeApiError(error: { status: number; code: string | undefined; message: string }): string {
  return JSON.stringify(error)
}
