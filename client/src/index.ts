// What the package @silhouette/client offers.
export { Silhouette, type SilhouetteOptions } from './silhouette.ts'
export { NotReachable, ServiceError } from './errors.ts'
export { errorCodes, type ErrorCode } from './error-codes.ts'
export type { ApiCredential } from './access-token.ts'
export type { CallOptions } from './time.ts'
export type { Outcome, Profile, ProfileEdit, UpdateIds, VisitorId } from './profiles.ts'
export type { Visit, VisitDetails, VisitNotification, VisitPart, VisitReply } from './visits.ts'
export type {
  BatchBody,
  BatchCounts,
  BatchEntry,
  BatchStatus,
  Page,
  UploadOptions,
  WaitOptions,
} from './batches.ts'
export type {
  GenerateOptions,
  RevokeOptions,
  Token,
  TokenDetails,
  TokenFacts,
  TokenOptions,
  TokenScope,
} from './tokens.ts'
export type { Settings } from './settings.ts'
export type { Credential, Invitation, Membership, Role, User, Workspace } from './accounts.ts'
export type { ClientAccess, InvitationDetails, SessionDetails, SignInOptions } from './people.ts'
export type { Client } from './clients.ts'
export type {
  Caller,
  Revision,
  RevisionDetails,
  RevisionList,
  RevisionQuery,
  RevisionType,
} from './upkeep.ts'
