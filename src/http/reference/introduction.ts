import { errorCodes, type ErrorCode } from '../../lib/errors.ts'
import { statusOf } from '../errors.ts'

/** What holds for every call, as Markdown: authentication, shapes of errors, codes. */
export function introduction(): string {
  return [
    "A visitor-profile service that speaks Adobe Target's Profile API.",
    '',
    '- The **profile API** (updates, batches, profiles) needs the profile authentication token of the',
    '  client while its switch is on, as `Authorization: Bearer TOKEN`. Without one that works: 403.',
    '- The **Admin API** needs an access token as `Authorization: Bearer TOKEN`, and `X-Api-Key` with the',
    '  client id of the API credential; or the session of a person. Unknown query parameters are ignored.',
    '- `client` in a path stands for the client that the host name begins with, else the default one.',
    '- A wrong method is answered 405 with `Allow`; what is no HTTP at all, 400, 408 or 431 as JSON.',
    '- Every refusal has its code in the header `Error-Code`. A 503 or 429 is worth another try after the',
    '  seconds that `Retry-After` names; a 408 when the sender has become faster; nothing else is.',
    '',
    '### Errors',
    '',
    '| Status | Code | Meaning |',
    '| --- | --- | --- |',
    ...listErrors().map(({ status, code, meaning }) => `| ${status} | \`${code}\` | ${meaning} |`),
  ].join('\n')
}

/** Every code by status; the codes of one status stay in the order of their table. */
export function listErrors(): { status: number; code: ErrorCode; meaning: string }[] {
  return Object.keys(errorCodes)
    .filter((code): code is ErrorCode => Object.hasOwn(statusOf, code))
    .map((code) => ({ status: statusOf[code], code, meaning: errorCodes[code] }))
    .toSorted((a, b) => a.status - b.status)
}
