// Made by `npm run generate` from the schemas of src/wire; edit those.

export interface UpdateReply {
  readonly success: true
  readonly message: 'Request successfully submitted'
  readonly outcome: 'updated' | 'unchanged' | 'not-found'
  /** Bytes of names and values that the profile can still take, of its 65,536. */
  readonly bytesLeft?: number
}

export interface M2Error {
  readonly success: false
  /** What was wrong, where, and what to do. */
  readonly message: string
  /** A code of the reference of errors. */
  readonly code?: string
  /** Line of an upload that is at fault. */
  readonly line?: number
}

export interface UploadReply {
  readonly success: true
  /** Address of the status of the batch. */
  readonly batchStatus: string
  readonly message: 'Batch submitted for processing'
}

export interface BatchDetails {
  readonly batchId: string
  /** A stuck batch goes on by itself once what holds it up is gone. */
  readonly status: 'incomplete' | 'stuck' | 'complete'
  /** Rows of the batch. */
  readonly batchSize: number
  /** Rows that ended, in whichever count. */
  readonly consumedCount: number
  readonly successfulUpdates: number
  readonly profilesNotFound: number
  readonly failedUpdates: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  /** Why it cannot go on for now. */
  readonly problem?: string
}

export interface BatchStatus {
  readonly batchId: string
  /** A stuck batch goes on by itself once what holds it up is gone. */
  readonly status: 'incomplete' | 'stuck' | 'complete'
  /** Rows of the batch. */
  readonly batchSize: number
}

export interface Profile {
  readonly client: string
  /** The id that was asked for. */
  readonly visitorId: string
  /** ISO 8601, such as 2026-11-23T07:34:09.123+00:00. */
  readonly modifiedAt: string
  readonly profileAttributes: Readonly<
    Record<
      string,
      {
        readonly value: string
        /** ISO 8601, such as 2026-11-23T07:34:09.123+00:00. */
        readonly modifiedAt: string
      }
    >
  >
}

export interface RestError {
  readonly status: number
  /** What was wrong, where, and what to do. */
  readonly message: string
}

export interface VisitReply {
  readonly status: 200
  readonly requestId: string
  readonly client: string
  readonly id: {
    /** The tntId that the visitor has from now on. */
    readonly tntId: string
    readonly thirdPartyId?: string
    readonly marketingCloudVisitorId?: string
  }
  readonly edgeHost?: string
  readonly execute?: {
    readonly pageLoad?: Readonly<Record<string, unknown>>
    readonly mboxes?: readonly {
      readonly index?: number
      readonly name: string
      readonly options: readonly unknown[]
    }[]
    readonly views?: readonly unknown[]
  }
  readonly prefetch?: {
    readonly pageLoad?: Readonly<Record<string, unknown>>
    readonly mboxes?: readonly {
      readonly index?: number
      readonly name: string
      readonly options: readonly unknown[]
    }[]
    readonly views?: readonly unknown[]
  }
  readonly notifications?: readonly {
    readonly id: string
  }[]
}

export interface AccessToken {
  readonly access_token: string
  readonly token_type: 'bearer'
  /** Seconds. */
  readonly expires_in: number
}

export interface OauthError {
  readonly error: string
  readonly error_description: string
}

export type TokenScope = 'profile_api' | 'debug_tools'

export interface TokenFacts {
  readonly tokenId: string
  /** ISO 8601. */
  readonly createdAt: string
  /** E-mail address of a person, client id of a credential. */
  readonly createdBy: string
  /** ISO 8601. */
  readonly expiresAt: string
  /** Whole seconds left. */
  readonly expiresIn: number
  readonly lastUse?: {
    /** ISO 8601. */
    readonly at: string
    readonly address: string
    readonly userAgent: string
    readonly endpoint: string
  }
}

export interface TokenDetails {
  /** Absent for callers who may know its expiry only. */
  readonly accessToken?: string
  readonly tokenType: 'bearer'
  readonly scope: TokenScope
  /** Whole seconds left. */
  readonly expiresIn: number
  readonly tokenId: string
  /** ISO 8601. */
  readonly createdAt: string
  /** E-mail address of a person, client id of a credential. */
  readonly createdBy: string
  /** ISO 8601. */
  readonly expiresAt: string
  readonly lastUse?: {
    /** ISO 8601. */
    readonly at: string
    readonly address: string
    readonly userAgent: string
    readonly endpoint: string
  }
  /** Replaced ones that go on for a while. */
  readonly overlapping: readonly TokenFacts[]
}

export interface Token {
  /** Absent for callers who may know its expiry only. */
  readonly accessToken?: string
  readonly tokenType: 'bearer'
  readonly scope: TokenScope
  /** Whole seconds left. */
  readonly expiresIn: number
}

export interface AdminError {
  readonly httpStatus: number
  /** The log has the same one. */
  readonly requestId: string
  /** ISO 8601. */
  readonly requestTime: string
  readonly errors: readonly {
    /** A code of the reference of errors. */
    readonly errorCode: string
    /** What was wrong, where, and what to do. */
    readonly message: string
    readonly meta: Readonly<Record<string, unknown>>
  }[]
}

export interface NewToken {
  readonly accessToken: string
  readonly tokenType: 'bearer'
  readonly scope: TokenScope
  /** Whole seconds left. */
  readonly expiresIn: number
}

export interface Settings {
  readonly enableProfileApiAuthentication: boolean
  readonly locale: string
  readonly timeZone: string
  readonly ipObfuscation: 'NONE' | 'LAST_OCTET' | 'STRIP'
  readonly onDeviceDecisioning: boolean
  readonly onDeviceDecisioningActivityQualification: boolean
  readonly a4TEnabled: boolean
  readonly permissionEnabled: boolean
  readonly mobileDeviceTargetingEnabled: boolean
  readonly geoLocationEnabled: boolean
  readonly defaultCompanyName: string
  readonly defaultReportSuite: string
  readonly defaultDataCollectionHost: string
  readonly flickerManagerSettings: Readonly<Record<string, unknown>>
  readonly allowedRemoteOfferUrlPatterns: readonly string[]
  readonly profileLifetimeDays: number
  readonly allowedOrigins: readonly string[]
}

export interface Client {
  readonly code: string
  readonly name: string
  readonly imsOrgId: string
}

export interface Workspace {
  readonly id: string
  readonly name: string
}

export type Role =
  'observer' | 'publisher' | 'editor' | 'approver' | 'workspaceAdmin' | 'productAdmin' | 'systemAdmin'

export interface Credential {
  readonly clientId: string
  readonly name: string
  readonly role: Role
  /** Id of a workspace. */
  readonly workspace?: string
  /** ISO 8601. */
  readonly createdAt: string
}

export interface NewCredential {
  readonly clientId: string
  readonly name: string
  readonly role: Role
  /** Id of a workspace. */
  readonly workspace?: string
  /** ISO 8601. */
  readonly createdAt: string
  /** Shown in this reply alone. */
  readonly clientSecret: string
}

export interface Membership {
  /** Absent for a system admin. */
  readonly client?: string
  /** Absent for a product or system admin. */
  readonly workspace?: string
  readonly role: Role
}

export interface User {
  readonly email: string
  readonly name: string
  readonly locale: string
  readonly memberships: readonly Membership[]
}

export interface Invitation {
  readonly email: string
  /** In this reply alone. */
  readonly token: string
  /** Behind the address of the service; what to hand to the person. */
  readonly path: string
  /** ISO 8601. */
  readonly expiresAt: string
}

export interface ProfileEntry {
  readonly client: string
  /** The id that was asked for. */
  readonly visitorId: string
  /** ISO 8601, such as 2026-11-23T07:34:09.123+00:00. */
  readonly modifiedAt: string
  readonly profileAttributes: Readonly<
    Record<
      string,
      {
        readonly value: string
        /** ISO 8601, such as 2026-11-23T07:34:09.123+00:00. */
        readonly modifiedAt: string
      }
    >
  >
  /** Bytes of names and values that the profile can still take, of its 65,536. */
  readonly bytesLeft: number
}

export interface BatchEntry {
  readonly batchId: string
  /** A stuck batch goes on by itself once what holds it up is gone. */
  readonly status: 'incomplete' | 'stuck' | 'complete'
  /** Rows of the batch. */
  readonly batchSize: number
  /** Rows that ended, in whichever count. */
  readonly consumedCount: number
  readonly successfulUpdates: number
  readonly profilesNotFound: number
  readonly failedUpdates: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly version: 1 | 2
  readonly key: 'pcId' | 'thirdPartyId'
  /** Decoded bytes of the upload. */
  readonly bytes: number
  readonly acceptedAt: string
  readonly completedAt?: string
  /** Why it cannot go on for now. */
  readonly problem?: string
}

export interface Caller {
  readonly address: string
  readonly userAgent: string
  readonly endpoint: string
  readonly calls: number
  /** ISO 8601. */
  readonly lastAt: string
}

export interface Revision {
  readonly id: number
  readonly operation: 'create' | 'update' | 'patch' | 'delete'
  /** E-mail address of a person, client id of a credential. */
  readonly modifiedBy: string
  readonly modifiedByName: string
  /** ISO 8601. */
  readonly modifiedAt: string
}

export interface RevisionList {
  /** How many there are, on all pages. */
  readonly total: number
  readonly pagination: {
    readonly offset: number
    readonly limit: number
  }
  readonly revisions: readonly Revision[]
}

export interface OperationResult {
  readonly operationId: number
  /** Whether one that it depends on did not succeed. */
  readonly skipped: boolean
  readonly statusCode?: number
  readonly headers?: readonly {
    readonly name: string
    readonly value: string
  }[]
  /** An object where the reply was JSON, else a text. */
  readonly body?: unknown
}

export interface SignInOptions {
  readonly password: boolean
  /** Where single sign-on begins, and the name of the one who provides it. */
  readonly sso: null | {
    readonly name: string
    readonly url: string
  }
}

export interface ApiError {
  readonly status: number
  /** Why; permanent. Absent for a fault of the service. */
  readonly code?: string
  /** What was wrong, where, and what to do. */
  readonly message: string
}

export interface ClientAccess {
  readonly code: string
  readonly name: string
  readonly imsOrgId: string
  /** The highest that one holds there. */
  readonly role:
    'observer' | 'publisher' | 'editor' | 'approver' | 'workspaceAdmin' | 'productAdmin' | 'systemAdmin'
  /** Whether the switch of the profile API is on. */
  readonly requiresToken: boolean
  /** What one may do there, such as settings.change. */
  readonly actions: readonly string[]
}

export interface SessionDetails {
  readonly user: {
    readonly email: string
    readonly name: string
    /** A language tag; empty until chosen. */
    readonly locale: string
    readonly hasPassword: boolean
  }
  readonly clients: readonly ClientAccess[]
  readonly isSystemAdmin: boolean
  /** ISO 8601. */
  readonly expiresAt: string
  /** Those that demand no token; there when others than this machine reach the server. */
  readonly openClients?: readonly string[]
}

export interface InvitationDetails {
  readonly email: string
  readonly name: string
  /** Whether the link resets a password. */
  readonly hasPassword: boolean
  /** ISO 8601. */
  readonly expiresAt: string
}
