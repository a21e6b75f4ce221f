// What the package @silhouette/client offers.
export { Silhouette, type SilhouetteOptions } from './silhouette.ts'
export { NotReachable, ServiceError } from './errors.ts'
export { errorCodes, type ErrorCode } from './error-codes.ts'
export type { ApiCredential } from './access-token.ts'
export type { CallOptions } from './time.ts'
export type { Outcome, ProfileEdit, UpdateIds, VisitorId } from './profiles.ts'
export type { Visit, VisitDetails, VisitNotification, VisitPart } from './visits.ts'
export type { BatchBody, BatchCounts, BatchStatus, Page, UploadOptions, WaitOptions } from './batches.ts'
export type { GenerateOptions, RevokeOptions, TokenOptions } from './tokens.ts'
export type { RevisionDetails, RevisionQuery, RevisionType } from './upkeep.ts'
export type {
  BatchEntry,
  Caller,
  Client,
  ClientAccess,
  Credential,
  Invitation,
  InvitationDetails,
  Membership,
  NewCredential,
  NewToken,
  Profile,
  ProfileEntry,
  Revision,
  RevisionList,
  Role,
  SessionDetails,
  Settings,
  SignInOptions,
  Token,
  TokenDetails,
  TokenFacts,
  TokenScope,
  User,
  VisitReply,
  Workspace,
} from './wire.ts'
