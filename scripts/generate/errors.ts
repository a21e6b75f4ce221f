import { listErrors } from '../../src/http/reference/introduction.ts'

/** The reference page of all refusals, as Markdown, by status. */
export function errorsReference(): string {
  return [
    '<!-- Made by `npm run generate` from src/lib/errors.ts and src/http/errors.ts; edit those. -->',
    '',
    '# Errors',
    '',
    'A request that is refused is answered with one of these statuses and a message that says what was',
    'wrong, where, and what to do. The message is for people and may change; the code does not.',
    '',
    '| Status | Code | Meaning |',
    '| --- | --- | --- |',
    ...listErrors().map(({ status, code, meaning }) => `| ${status} | \`${code}\` | ${meaning} |`),
    '',
    '- Every refusal has its code in the header `Error-Code`.',
    '- Under `/m2/` the reply is `<response><success>false</success><message>…</message></response>`.',
    '  Where the caller prefers JSON it is `{"success":false,"message":"…","code":"…"}`, with `line` when',
    '  a line of an upload is at fault.',
    '- Everywhere else it is `{"status":404,"message":"…"}`; under `/api/` it has `code`, too.',
    '- A 503 or 429 is worth sending again after the seconds that `Retry-After` names, a 408 when the',
    '  sender has become faster. Nothing else is worth sending again as it stands.',
    '- 500 is a fault of the service: the message holds a request id, and the log has the same one.',
    '- What is no request at all is answered in JSON, and its connection closed: 400 for malformed HTTP,',
    '  408 for headers that do not arrive in time, 431 for an address and headers that are too large.',
    '',
  ].join('\n')
}
