import { Type } from '@sinclair/typebox'
import { named } from './named.ts'
import { BytesLeft } from './profile.ts'

/** Adobe's elements of a reply to an update, the same whatever became of it. */
export const submitted = { success: true, message: 'Request successfully submitted' } as const

const elements = { success: Type.Literal(submitted.success), message: Type.Literal(submitted.message) }

/** The reply to a single update as XML has it. */
export const UpdateElements = Type.Object(elements)

/** What became of a single update. */
export const UpdateOutcome = Type.Union([
  Type.Literal('updated'),
  Type.Literal('unchanged'),
  Type.Literal('not-found'),
])

/** The reply to a single update as JSON. */
export const UpdateReply = named(
  'UpdateReply',
  Type.Object({ ...elements, outcome: UpdateOutcome, bytesLeft: Type.Optional(BytesLeft) }),
)

/** The parameters of an update, in its query, as a form or as JSON. Others are ignored. */
export const UpdateBody = Type.Object(
  {
    mboxPC: Type.Optional(
      Type.String({ description: 'The tntId. This or mbox3rdPartyId is required; both are linked.' }),
    ),
    mbox3rdPartyId: Type.Optional(
      Type.String({ description: 'The thirdPartyId: at most 256 characters, without + and /.' }),
    ),
  },
  {
    additionalProperties: Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()], {
      description:
        'profile.NAME sets the attribute NAME: 1 to 250 characters, no control characters. An empty ' +
        'value changes nothing.',
    }),
  },
)
