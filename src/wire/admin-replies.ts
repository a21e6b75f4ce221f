import { Type, type TObject, type TSchema } from '@sinclair/typebox'
import { RoleName } from './admin.ts'
import { named } from './named.ts'

/** Replies of the Admin API. @source decisions.md §7 */

const Time = Type.String({ description: 'ISO 8601.' })
const Total = Type.Integer({ minimum: 0, description: 'How many there are, on all pages.' })

/** Makes the shape of a list: how many there are, and the page that was asked for. */
export function listReply(plural: string, item: TSchema): TObject {
  return Type.Object({ total: Total, [plural]: Type.Array(item) })
}

const wholeNumberMax = 9_999_999_999

/** What a page of a list is asked for with. */
export const PageQuery = Type.Object({
  limit: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: wholeNumberMax,
      description: 'Entries of the page; all by default.',
    }),
  ),
  offset: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: wholeNumberMax,
      description: 'Entries before the page; 0 by default.',
    }),
  ),
})

/** An error of the Admin API. @source target-profile-service.md §7.2 */
export const AdminError = named(
  'AdminError',
  Type.Object({
    httpStatus: Type.Integer({ minimum: 400, maximum: 599 }),
    requestId: Type.String({ description: 'The log has the same one.' }),
    requestTime: Time,
    errors: Type.Array(
      Type.Object({
        errorCode: Type.String({ description: 'A code of the reference of errors.' }),
        message: Type.String({ description: 'What was wrong, where, and what to do.' }),
        meta: Type.Object({}),
      }),
      { minItems: 1 },
    ),
  }),
)

/** Scopes of a profile authentication token. */
export const TokenScope = named(
  'TokenScope',
  Type.Union([Type.Literal('profile_api'), Type.Literal('debug_tools')]),
)

const token = {
  accessToken: Type.String(),
  tokenType: Type.Literal('bearer'),
  scope: TokenScope,
  expiresIn: Type.Integer({ description: 'Whole seconds left.' }),
}

/** A new token. */
export const NewToken = named('NewToken', Type.Object(token))

const facts = {
  tokenId: Type.String(),
  createdAt: Time,
  createdBy: Type.String({ description: 'E-mail address of a person, client id of a credential.' }),
  expiresAt: Time,
  expiresIn: Type.Integer({ description: 'Whole seconds left.' }),
  lastUse: Type.Optional(
    Type.Object({ at: Time, address: Type.String(), userAgent: Type.String(), endpoint: Type.String() }),
  ),
}

/** One token without its text: who made it, who used it last. */
export const TokenFacts = named('TokenFacts', Type.Object(facts))

/** The current token. */
export const Token = named(
  'Token',
  Type.Object({
    ...token,
    accessToken: Type.Optional(
      Type.String({ description: 'Absent for callers who may know its expiry only.' }),
    ),
  }),
)

/** The current token with what is known of it, and of those that it replaced. */
export const TokenDetails = named(
  'TokenDetails',
  Type.Object({
    ...Token.properties,
    ...facts,
    overlapping: Type.Array(TokenFacts, { description: 'Replaced ones that go on for a while.' }),
  }),
)

/** A tenant. */
export const Client = named(
  'Client',
  Type.Object({ code: Type.String(), name: Type.String(), imsOrgId: Type.String() }),
)

export const Workspace = named('Workspace', Type.Object({ id: Type.String(), name: Type.String() }))

const credential = {
  clientId: Type.String(),
  name: Type.String(),
  role: RoleName,
  workspace: Type.Optional(Type.String({ description: 'Id of a workspace.' })),
  createdAt: Time,
}

/** An API credential. */
export const Credential = named('Credential', Type.Object(credential))

/** A new API credential. */
export const NewCredential = named(
  'NewCredential',
  Type.Object({
    ...credential,
    clientSecret: Type.String({ description: 'Shown in this reply alone.' }),
  }),
)

/** A role on a workspace, a client, or the whole install. */
export const Membership = named(
  'Membership',
  Type.Object({
    client: Type.Optional(Type.String({ description: 'Absent for a system admin.' })),
    workspace: Type.Optional(Type.String({ description: 'Absent for a product or system admin.' })),
    role: RoleName,
  }),
)

/** A person who signs in. */
export const User = named(
  'User',
  Type.Object({
    email: Type.String(),
    name: Type.String(),
    locale: Type.String(),
    memberships: Type.Array(Membership),
  }),
)

/** A link by which a person chooses a password. */
export const Invitation = named(
  'Invitation',
  Type.Object({
    email: Type.String(),
    token: Type.String({ description: 'In this reply alone.' }),
    path: Type.String({ description: 'Behind the address of the service; what to hand to the person.' }),
    expiresAt: Time,
  }),
)

/** Who called in the last 24 hours without a token that would work. */
export const Caller = named(
  'Caller',
  Type.Object({
    address: Type.String(),
    userAgent: Type.String(),
    endpoint: Type.String(),
    calls: Type.Integer({ minimum: 1 }),
    lastAt: Time,
  }),
)

export const AttributeNames = Type.Object({
  mboxProfileAttributes: Type.Array(Type.String({ description: 'With the prefix `profile.`.' })),
})

/** A change, as lists of the audit log show it. @source target-profile-service.md §7.7 */
export const Revision = named(
  'Revision',
  Type.Object({
    id: Type.Integer(),
    operation: Type.Union([
      Type.Literal('create'),
      Type.Literal('update'),
      Type.Literal('patch'),
      Type.Literal('delete'),
    ]),
    modifiedBy: Type.String({ description: 'E-mail address of a person, client id of a credential.' }),
    modifiedByName: Type.String(),
    modifiedAt: Time,
  }),
)

export const RevisionList = named(
  'RevisionList',
  Type.Object({
    total: Total,
    pagination: Type.Object({ offset: Type.Integer(), limit: Type.Integer() }),
    revisions: Type.Array(Revision),
  }),
)

export const RevisionDetails = Type.Object({
  summary: Revision,
  jsonData: Type.String({ description: 'JSON: what was before and after, the address, the user agent.' }),
})

/** What became of one operation of a batch. @source target-profile-service.md §7.6 */
export const OperationResult = named(
  'OperationResult',
  Type.Object({
    operationId: Type.Integer(),
    skipped: Type.Boolean({ description: 'Whether one that it depends on did not succeed.' }),
    statusCode: Type.Optional(Type.Integer()),
    headers: Type.Optional(Type.Array(Type.Object({ name: Type.String(), value: Type.String() }))),
    body: Type.Optional(Type.Unknown({ description: 'An object where the reply was JSON, else a text.' })),
  }),
)

export const OperationResults = Type.Object({ results: Type.Array(OperationResult) })
