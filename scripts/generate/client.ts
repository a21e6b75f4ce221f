import { errorCodes } from '../../src/lib/errors.ts'

/** The codes of all refusals for the TypeScript client, which imports nothing of the server. */
export function clientErrorCodes(): string {
  return [
    '// Made by `npm run generate` from src/lib/errors.ts; edit that.',
    '',
    '/** Every code that the service refuses a call with; docs/reference/errors.md tells what they mean. */',
    `export const errorCodes = ${JSON.stringify(Object.keys(errorCodes))} as const`,
    '',
    'export type ErrorCode = (typeof errorCodes)[number]',
    '',
  ].join('\n')
}
