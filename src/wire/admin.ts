import { Type } from '@sinclair/typebox'
import { named } from './named.ts'

/** Bodies of the Admin API. Members that are not named are refused. @source decisions.md §7 */
const closed = { additionalProperties: false } as const

const nameCharsMax = 250

/** Texts that people read: no control characters, which could break a line of a log. */
const noControls = '[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]'

const Name = Type.String({
  maxLength: nameCharsMax,
  pattern: `^(?=.*\\S)${noControls}+$`,
  description: 'must not be blank, nor hold control characters',
})

/** Roles, from the least to the most powerful. */
export const RoleName = named(
  'Role',
  Type.Union([
    Type.Literal('observer'),
    Type.Literal('publisher'),
    Type.Literal('editor'),
    Type.Literal('approver'),
    Type.Literal('workspaceAdmin'),
    Type.Literal('productAdmin'),
    Type.Literal('systemAdmin'),
  ]),
)

/** Seconds that a new token lives, and that the one it replaces goes on. */
export const TokenOrderBody = Type.Object(
  {
    expiresIn: Type.Optional(Type.Integer({ minimum: 1, maximum: 31_536_000 })),
    overlap: Type.Optional(Type.Integer({ minimum: 0, maximum: 604_800 })),
  },
  closed,
)

const Origin = Type.String({
  maxLength: 255,
  pattern: '^(\\*|https?://[^\\s/?#,]+)$',
  description: 'must be * or an origin such as https://www.example.com, without a path',
})

const settings = {
  enableProfileApiAuthentication: Type.Boolean(),
  locale: Type.Optional(Type.String({ maxLength: 35 })),
  timeZone: Type.Optional(Type.String({ maxLength: 64 })),
  ipObfuscation: Type.Optional(
    Type.Union([Type.Literal('NONE'), Type.Literal('LAST_OCTET'), Type.Literal('STRIP')]),
  ),
  onDeviceDecisioning: Type.Optional(Type.Boolean()),
  onDeviceDecisioningActivityQualification: Type.Optional(Type.Boolean()),
  a4TEnabled: Type.Optional(Type.Boolean()),
  permissionEnabled: Type.Optional(Type.Boolean()),
  mobileDeviceTargetingEnabled: Type.Optional(Type.Boolean()),
  geoLocationEnabled: Type.Optional(Type.Boolean()),
  defaultCompanyName: Type.Optional(Type.String({ maxLength: nameCharsMax })),
  defaultReportSuite: Type.Optional(Type.String({ maxLength: nameCharsMax })),
  defaultDataCollectionHost: Type.Optional(Type.String({ maxLength: nameCharsMax })),
  flickerManagerSettings: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { maxProperties: 100 })),
  allowedRemoteOfferUrlPatterns: Type.Optional(
    Type.Array(Type.String({ maxLength: 2_000 }), { maxItems: 500, uniqueItems: true }),
  ),
  profileLifetimeDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 90 })),
  allowedOrigins: Type.Optional(Type.Array(Origin, { maxItems: 200, uniqueItems: true })),
}

/** All settings of a client. The switch must be named: it must not open a client by being left out. */
export const SettingsBody = Type.Object(settings, closed)

/** All settings of a client, as they are shown. */
export const Settings = named('Settings', Type.Required(SettingsBody))

/** Some settings of a client. */
export const SettingsPatchBody = Type.Partial(SettingsBody, closed)

export const ClientBody = Type.Object(
  { code: Type.String(), name: Type.Optional(Name), imsOrgId: Type.Optional(Name) },
  closed,
)

export const ClientPatchBody = Type.Object(
  { name: Type.Optional(Name), imsOrgId: Type.Optional(Name) },
  closed,
)

export const WorkspaceBody = Type.Object({ name: Name }, closed)

export const CredentialBody = Type.Object(
  { name: Name, role: RoleName, workspace: Type.Optional(Name) },
  closed,
)

const MembershipBody = Type.Object(
  { client: Type.Optional(Type.String()), workspace: Type.Optional(Name), role: RoleName },
  closed,
)

const Memberships = Type.Array(MembershipBody, { maxItems: 500 })

const Email = Type.String({
  maxLength: 254,
  pattern: '^[^\\s@\\u0000-\\u001f\\u007f]+@[^\\s@\\u0000-\\u001f\\u007f]+$',
  description: 'must be an e-mail address',
})

/** A person's name, which may be left blank. */
export const PersonName = Type.String({
  maxLength: nameCharsMax,
  pattern: `^${noControls}*$`,
  description: 'must not hold control characters',
})

export const LocaleText = Type.String({
  maxLength: 35,
  pattern: '^[A-Za-z0-9-]*$',
  description: 'must be a language tag such as en or nl-NL',
})

export const UserBody = Type.Object(
  {
    email: Email,
    name: Type.Optional(PersonName),
    locale: Type.Optional(LocaleText),
    memberships: Type.Optional(Memberships),
  },
  closed,
)

export const UserPatchBody = Type.Object(
  {
    name: Type.Optional(PersonName),
    locale: Type.Optional(LocaleText),
    memberships: Type.Optional(Memberships),
  },
  closed,
)

/** Attributes to set and to remove; at most so many at once. */
export const ProfilePatchBody = Type.Object(
  {
    set: Type.Optional(Type.Record(Type.String(), Type.String(), { maxProperties: 1_000 })),
    remove: Type.Optional(Type.Array(Type.String(), { maxItems: 1_000 })),
  },
  closed,
)

const operationsMax = 256
const operationIdMax = 255

/**
 * Operations to carry out in one call. Members that clients generated from Adobe's specification add
 * are tolerated.
 *
 * @source target-profile-service.md §7.6
 */
export const OperationsBody = Type.Object({
  operations: Type.Array(
    Type.Object({
      operationId: Type.Integer({ minimum: 0, maximum: operationIdMax }),
      dependsOnOperationIds: Type.Optional(
        Type.Array(Type.Integer({ minimum: 0, maximum: operationIdMax }), { maxItems: 255 }),
      ),
      method: Type.Union([
        Type.Literal('GET'),
        Type.Literal('POST'),
        Type.Literal('PUT'),
        Type.Literal('PATCH'),
        Type.Literal('DELETE'),
      ]),
      relativeUrl: Type.String({ maxLength: 8_192 }),
      headers: Type.Optional(
        Type.Array(Type.Object({ name: Type.String(), value: Type.String() }), { maxItems: 50 }),
      ),
      body: Type.Optional(Type.Unknown()),
    }),
    { minItems: 1, maxItems: operationsMax },
  ),
})
