import { readApiDocument, type ApiDocument, type Operation, type Reply, type Schema } from './document.ts'

/** The reference page of all endpoints, as Markdown, by chapter. */
export async function httpReference(): Promise<string> {
  const document = await readApiDocument()
  return [
    '<!-- Made by `npm run generate` from src/http and src/wire; edit those. -->',
    '',
    '# HTTP',
    '',
    'The same as `/docs` and `/openapi.json` of a running server tell. [Errors](errors.md) lists every',
    'code with its meaning; [shapes](#shapes) are at the end.',
    '',
    ...document.tags.flatMap((chapter) => chapterLines(document, chapter)),
    '## Shapes',
    '',
    ...Object.entries(document.components.schemas).flatMap(shapeLines),
  ].join('\n')
}

function shapeLines([name, schema]: readonly [string, Schema]): string[] {
  return [`### ${name}`, '', ...memberLines(schema), '']
}

function chapterLines({ paths }: ApiDocument, { name, description }: ApiDocument['tags'][number]): string[] {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags.includes(name))
      .flatMap(([method, operation]) => operationLines(`${method.toUpperCase()} ${path}`, operation)),
  )
  return [`## ${name}`, '', description, '', ...operations]
}

function operationLines(address: string, operation: Operation): string[] {
  const { summary, description, deprecated, parameters } = operation
  const rows = parameters.map(({ name, in: place, required, description: text = '', schema }) => {
    const { additionalProperties: others } = schema
    if (others) return `| any other | ${place} | | ${valueOf(others)} | ${textOf(others)} |`
    return `| \`${name}\` | ${place} | ${required ? 'yes' : ''} | ${valueOf(schema)} | ${text} |`
  })
  return [
    `### ${address}`,
    '',
    [summary, description, deprecated && 'For old links alone.', needOf(operation)].filter(Boolean).join(' '),
    '',
    ...(rows.length === 0
      ? []
      : ['| Parameter | In | Required | Value | Meaning |', '| --- | --- | --- | --- | --- |', ...rows, '']),
    ...bodyLines(operation),
    ...replyLines(operation),
  ]
}

function needOf({ security }: Operation): string {
  const schemes = new Set(security.flatMap((scheme) => Object.keys(scheme)))
  if (schemes.has('profileToken')) return 'Needs the profile token while the switch is on.'
  if (!schemes.has('session')) return ''
  return schemes.has('accessToken') ? 'Needs an access token, or a session.' : 'Needs a session.'
}

function bodyLines({ requestBody }: Operation): string[] {
  if (requestBody === undefined) return []
  const types = Object.entries(requestBody.content)
  const [[, { schema, example }] = ['', { schema: {}, example: undefined }]] = types
  const need = requestBody.required ? '' : ', which may be absent'
  return [
    `Body${need}: ${types.map(([type]) => `\`${type}\``).join(', ')}.`,
    '',
    ...(schema.properties ? memberLines(schema) : [schema.description ?? valueOf(schema)]),
    '',
    ...(example === undefined
      ? []
      : typeof example === 'string'
        ? ['```text', example.trimEnd(), '```', '']
        : ['```json', JSON.stringify(example), '```', '']),
  ]
}

/** What it answers, a line a status. Codes of errors have their meanings on their own page. */
function replyLines({ responses }: Operation): string[] {
  const all = Object.entries(responses).map(([status, reply]) => Object.assign(reply, { status }))
  const shapes = all.filter(isError).flatMap(({ content = {} }) => Object.values(content).map(nameOf))
  return [
    ...all.map(({ status, description, content = {} }) => {
      const codes = [...description.matchAll(/^`(\w+)`: /gm)].map(([, code]) => `\`${code}\``)
      if (codes.length > 0) return `- ${status}: ${codes.join(', ')}`
      return `- ${status}: ${description} ${isError({ status }) ? '' : bodiesOf(content)}`.trim()
    }),
    '',
    ...(shapes.length > 0 ? [`Errors are ${[...new Set(shapes)].filter(Boolean).join(' or ')}.`, ''] : []),
  ]
}

/** The media types of a reply, those of one shape together. */
function bodiesOf(content: NonNullable<Reply['content']>): string {
  const types = new Map<string, string[]>()
  for (const [type, body] of Object.entries(content)) {
    types.set(nameOf(body), [...(types.get(nameOf(body)) ?? []), `\`${type}\``])
  }
  return [...types].map(([shape, names]) => `${names.join(', ')} ${shape}`.trim()).join('; ')
}

function isError({ status }: { readonly status: string }): boolean {
  return Number(status) >= 400
}

function memberLines({ properties = {}, required = [], additionalProperties, ...schema }: Schema): string[] {
  const rows = Object.entries(properties).map(
    ([name, member]) =>
      `| \`${name}\` | ${required.includes(name) ? 'yes' : ''} | ${valueOf(member)} | ${textOf(member)} |`,
  )
  if (additionalProperties) {
    rows.push(`| any other | | ${valueOf(additionalProperties)} | ${textOf(additionalProperties)} |`)
  }
  if (rows.length === 0) return [`${valueOf(schema)}.`]
  return ['| Member | Always | Value | Meaning |', '| --- | --- | --- | --- |', ...rows]
}

/** A shape by its name, or by its members; texts have neither. */
function nameOf({ schema }: { readonly schema: Schema }): string {
  return schema.$ref || schema.anyOf || schema.properties ? valueOf(schema) : ''
}

/** What a value may be, in few words. */
function valueOf(schema: Schema): string {
  const { $ref, type = 'any', items, properties, additionalProperties } = schema
  if ($ref !== undefined) return linkTo($ref)
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
  if (schema.anyOf) return schema.anyOf.map(valueOf).join(' or ')
  if (items) return `array of ${valueOf(items)}`
  if (properties)
    return `object of ${Object.keys(properties)
      .map((name) => membersOf(name, properties))
      .join(', ')}`
  if (additionalProperties) return `object of any names, each ${valueOf(additionalProperties)}`
  return `${type}${limitsOf(schema)}`
}

function membersOf(name: string, properties: Readonly<Record<string, Schema>>): string {
  const member = properties[name]
  const isTelling = member?.$ref !== undefined || member?.items !== undefined
  return isTelling ? `\`${name}\` (${valueOf(member)})` : `\`${name}\``
}

function linkTo(reference: string): string {
  const name = reference.split('/').at(-1) ?? ''
  return `[${name}](#${name.toLowerCase()})`
}

const limits: readonly (readonly [keyword: string, words: string])[] = [
  ['minimum', 'from'],
  ['maximum', 'to'],
  ['maxLength', 'characters up to'],
]

function limitsOf(schema: Schema): string {
  return limits
    .filter(([keyword]) => schema[keyword] !== undefined)
    .map(([keyword, words]) => ` ${words} ${Number(schema[keyword]).toLocaleString('en-US')}`)
    .join('')
}

function textOf({ description = '' }: Schema): string {
  return description
}
