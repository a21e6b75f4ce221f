import { Type, type Static } from '@sinclair/typebox'
import { LocaleText, PersonName, RoleName } from './admin.ts'
import { named } from './named.ts'

/** Bodies of the calls by which people sign in. Members that are not named are refused. */
const closed = { additionalProperties: false } as const

/** Longer than any password may be: what is longer still is not worth the work. */
const Password = Type.String({ maxLength: 1_024 })

export const SignInBody = Type.Object({ email: Type.String({ maxLength: 254 }), password: Password }, closed)

export const OwnDetailsBody = Type.Object(
  { name: Type.Optional(PersonName), locale: Type.Optional(LocaleText) },
  closed,
)

export const OwnPasswordBody = Type.Object({ currentPassword: Password, newPassword: Password }, closed)

export const AcceptanceBody = Type.Object({ password: Password, name: Type.Optional(PersonName) }, closed)

const Time = Type.String({ description: 'ISO 8601.' })

/** A client that somebody may see. */
const ClientAccess = named(
  'ClientAccess',
  Type.Object({
    code: Type.String(),
    name: Type.String(),
    imsOrgId: Type.String(),
    role: Type.Union([...RoleName.anyOf], { description: 'The highest that one holds there.' }),
    requiresToken: Type.Boolean({ description: 'Whether the switch of the profile API is on.' }),
    actions: Type.Array(Type.String(), { description: 'What one may do there, such as settings.change.' }),
  }),
)

/** Who is signed in, and what they may do. */
export const SessionReply = named(
  'SessionDetails',
  Type.Object({
    user: Type.Object({
      email: Type.String(),
      name: Type.String(),
      locale: Type.String({ description: 'A language tag; empty until chosen.' }),
      hasPassword: Type.Boolean(),
    }),
    clients: Type.Array(ClientAccess),
    isSystemAdmin: Type.Boolean(),
    expiresAt: Time,
    openClients: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Those that demand no token; there when others than this machine reach the server.',
      }),
    ),
  }),
)

/** The ways to sign in. */
export const SignInReply = named(
  'SignInOptions',
  Type.Object({
    password: Type.Boolean(),
    sso: Type.Union([Type.Null(), Type.Object({ name: Type.String(), url: Type.String() })], {
      description: 'Where single sign-on begins, and the name of the one who provides it.',
    }),
  }),
)

/** For whom the link of an invitation is. */
export const InvitationReply = named(
  'InvitationDetails',
  Type.Object({
    email: Type.String(),
    name: Type.String(),
    hasPassword: Type.Boolean({ description: 'Whether the link resets a password.' }),
    expiresAt: Time,
  }),
)

interface PersonFacts {
  readonly email: string
  readonly name: string
  readonly locale: string
  readonly passwordHash?: string | undefined
}

interface AccessFacts {
  readonly client: {
    readonly code: string
    readonly name: string
    readonly imsOrgId: string
    readonly requiresToken: boolean
  }
  readonly role: Static<typeof RoleName>
  readonly actions: readonly string[]
}

/** What a person who is signed in is told of themselves. */
export function writeSession(given: {
  readonly user: PersonFacts
  readonly access: readonly AccessFacts[]
  readonly isSystemAdmin: boolean
  readonly expiresAtMs: number
  /** Whether others than this machine can reach the server. */
  readonly isExposed: boolean
}): Static<typeof SessionReply> {
  const { access, isExposed, isSystemAdmin } = given
  const { email, name, locale, passwordHash } = given.user
  const open = access.filter(({ client }) => !client.requiresToken).map(({ client }) => client.code)
  return {
    user: { email, name, locale, hasPassword: passwordHash !== undefined },
    clients: access.map(({ client: { code, name: clientName, imsOrgId, requiresToken }, role, actions }) => ({
      code,
      name: clientName,
      imsOrgId,
      role,
      requiresToken,
      actions: [...actions],
    })),
    isSystemAdmin,
    expiresAt: new Date(given.expiresAtMs).toISOString(),
    ...(isExposed && { openClients: open }),
  }
}

/** For whom the link of an invitation is. */
export function writeInvitation(given: {
  readonly user: PersonFacts
  readonly expiresAtMs: number
}): Static<typeof InvitationReply> {
  const { user, expiresAtMs } = given
  const { email, name, passwordHash } = user
  const expiresAt = new Date(expiresAtMs).toISOString()
  return { email, name, hasPassword: passwordHash !== undefined, expiresAt }
}
