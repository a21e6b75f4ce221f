import type { Static, TSchema } from '@sinclair/typebox'
import { TypeCompiler, ValueErrorType, type ValueError } from '@sinclair/typebox/compiler'
import { Refusal } from '../lib/errors.ts'

/**
 * Compiles a schema into a function that hands a body on when it fits.
 *
 * @returns a function that throws Refusal `parameter_invalid`, which names the first member at fault,
 *          what it must be, and its limits
 */
export function compileBody<Schema extends TSchema>(schema: Schema): (body: unknown) => Static<Schema> {
  const compiled = TypeCompiler.Compile(schema)
  return (body) => {
    if (compiled.Check(body)) return body
    const error = compiled.Errors(body).First()
    throw new Refusal('parameter_invalid', error ? describe(error) : 'The body is not what is expected.')
  }
}

function describe(error: ValueError): string {
  return `${memberName(error.path)} ${requirement(error)}.`
}

/** A JSON pointer as people write it: `/execute/mboxes/3/name` is `execute.mboxes[3].name`. */
function memberName(pointer: string): string {
  if (pointer === '') return 'The body'
  const steps = pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  return steps
    .map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : `${index > 0 ? '.' : ''}${step}`))
    .join('')
}

function requirement({ type, schema, message }: ValueError): string {
  return requirements.get(type)?.(schema) ?? `is not valid: ${message}`
}

/** What our schemas ask for, in the words of a reply. */
const requirements: ReadonlyMap<ValueErrorType, (schema: TSchema) => string> = new Map<
  ValueErrorType,
  (schema: TSchema) => string
>([
  [ValueErrorType.ObjectRequiredProperty, () => 'is required'],
  [ValueErrorType.Object, () => 'must be an object'],
  [ValueErrorType.Array, () => 'must be an array'],
  [ValueErrorType.String, () => 'must be a string'],
  [ValueErrorType.Boolean, () => 'must be true or false'],
  [ValueErrorType.ObjectAdditionalProperties, () => 'is not known here; check its spelling or leave it out'],
  [ValueErrorType.Integer, () => 'must be a whole number'],
  [ValueErrorType.Number, () => 'must be a number'],
  [ValueErrorType.ArrayMaxItems, (schema) => `size must be between 0 and ${schema['maxItems']}`],
  [ValueErrorType.ObjectMaxProperties, (schema) => `size must be between 0 and ${schema['maxProperties']}`],
  [ValueErrorType.StringMaxLength, (schema) => `must have at most ${schema['maxLength']} characters`],
  [ValueErrorType.StringPattern, (schema) => schema.description ?? 'must not be blank'],
  [ValueErrorType.ArrayMinItems, (schema) => `must have ${schema['minItems']} entries or more`],
  [ValueErrorType.ArrayUniqueItems, () => 'must not hold the same entry twice'],
  [ValueErrorType.IntegerMaximum, (schema) => `must be ${schema['maximum']} or less`],
  [ValueErrorType.IntegerMinimum, (schema) => `must be ${schema['minimum']} or more`],
  [ValueErrorType.NumberMinimum, (schema) => `must be ${schema['minimum']} or more`],
  [ValueErrorType.Union, (schema) => `must be ${choices(schema)}`],
])

/** Our unions are of literals. */
function choices(schema: TSchema): string {
  const options: readonly TSchema[] = schema['anyOf'] ?? []
  return options.map((option) => JSON.stringify(option['const'])).join(' or ')
}
