import { Type } from '@sinclair/typebox'
import { named } from './named.ts'

const Count = Type.Integer({ minimum: 0 })

const uploaded = {
  success: Type.Literal(true),
  batchStatus: Type.String({ description: 'Address of the status of the batch.' }),
  message: Type.Literal('Batch submitted for processing'),
}

/** The reply to an upload, in XML and JSON alike. */
export const UploadReply = named('UploadReply', Type.Object(uploaded))

const status = {
  batchId: Type.String(),
  status: Type.Union([Type.Literal('incomplete'), Type.Literal('stuck'), Type.Literal('complete')], {
    description: 'A stuck batch goes on by itself once what holds it up is gone.',
  }),
  batchSize: Type.Integer({ minimum: 1, description: 'Rows of the batch.' }),
}

const adobeCounts = {
  consumedCount: Type.Integer({ minimum: 0, description: 'Rows that ended, in whichever count.' }),
  successfulUpdates: Count,
  profilesNotFound: Count,
  failedUpdates: Count,
}

const ownCounts = { created: Count, updated: Count, unchanged: Count }

const problem = Type.Optional(Type.String({ description: 'Why it cannot go on for now.' }))

/** The status of a batch as XML has it; the counts with `showDetails=true`. */
export const StatusElements = Type.Object({ ...status, ...Type.Partial(Type.Object(adobeCounts)).properties })

/** The status of a batch. */
export const BatchStatus = named('BatchStatus', Type.Object(status))

/** The status of a batch with its counts. */
export const BatchDetails = named(
  'BatchDetails',
  Type.Object({ ...status, ...adobeCounts, ...ownCounts, problem }),
)

/** A batch as lists of the Admin API show it. */
export const BatchEntry = named(
  'BatchEntry',
  Type.Object({
    ...status,
    ...adobeCounts,
    ...ownCounts,
    version: Type.Union([Type.Literal(1), Type.Literal(2)]),
    key: Type.Union([Type.Literal('pcId'), Type.Literal('thirdPartyId')]),
    bytes: Type.Integer({ minimum: 0, description: 'Decoded bytes of the upload.' }),
    acceptedAt: Type.String(),
    completedAt: Type.Optional(Type.String()),
    problem,
  }),
)
