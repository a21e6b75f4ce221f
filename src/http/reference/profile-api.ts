import { Type } from '@sinclair/typebox'
import type { IdKind } from '../../model/visitor-id.ts'
import { BatchDetails, BatchStatus, StatusElements, UploadReply } from '../../wire/batch.ts'
import { Profile } from '../../wire/profile.ts'
import { UpdateBody, UpdateElements, UpdateReply } from '../../wire/update.ts'
import { json, xmlAndJson } from './contents.ts'
import type { ReplyDescription, RouteDescription } from './description.ts'

const ClientInPath = Type.String({
  description: 'Code of a client; `client` stands for the one that the host name begins with.',
  examples: ['demo'],
})

const path = Type.Object({ client: ClientInPath })

const updateReply: ReplyDescription = {
  description: 'Taken. The same whether or not there is such a profile; `Profile-Outcome` tells.',
  headers: { 'Profile-Outcome': Type.String({ description: 'updated, unchanged or not-found.' }) },
  contents: xmlAndJson(UpdateElements, UpdateReply),
}

const update = {
  chapter: 'Single updates',
  details: 'Creates no profile. The later of a parameter given twice counts; a body comes after the query.',
  token: 'profile',
  path,
  query: { ...UpdateBody, examples: [{ 'profile.plan': 'gold' }] },
  replies: { 200: updateReply },
  refusals: [
    'parameter_invalid',
    'id_missing',
    'id_invalid',
    'attribute_name_invalid',
    'profile_too_large',
    'body_too_large',
  ],
} as const satisfies Partial<RouteDescription>

const exampleUpdate = { mbox3rdPartyId: '1042', 'profile.plan': 'gold' }

/** `/m2/{client}/profile/update` */
export const updateDescriptions: Readonly<Record<'GET' | 'POST', RouteDescription>> = {
  GET: { ...update, id: 'updateProfileByQuery', summary: 'Update a profile: a query of up to 8 KiB.' },
  POST: {
    ...update,
    id: 'updateProfile',
    summary: 'Update a profile: query and body of up to 60 KiB together.',
    body: {
      isRequired: false,
      contents: {
        'application/x-www-form-urlencoded': { schema: UpdateBody, examples: [exampleUpdate] },
        'application/json': { schema: UpdateBody, examples: [exampleUpdate] },
      },
    },
  },
}

const Upload = Type.String({
  description:
    '`batch=` and a header, then a row a line: up to 500,000 rows, below 50 MiB. The first column is ' +
    '`pcId` or `thirdPartyId`, the others are attributes. Cells are percent-encoded; an empty one ' +
    'changes nothing.',
})

/** `/m2/{client}/profile/batchUpdate`, and with `/v2/` */
export function uploadDescription(version: 1 | 2): RouteDescription {
  return {
    id: version === 1 ? 'uploadBatchV1' : 'uploadBatch',
    chapter: 'Batches',
    summary:
      version === 1
        ? 'Upload a batch that changes profiles which exist.'
        : 'Upload a batch that changes profiles and creates those that are missing.',
    details: 'Answered once the upload is stored; its rows are applied afterwards.',
    token: 'profile',
    path,
    headers: Type.Object({
      'Content-Encoding': Type.Optional(
        Type.Union([Type.Literal('gzip'), Type.Literal('br')], {
          description: 'Limits count decoded bytes.',
        }),
      ),
    }),
    body: {
      isRequired: true,
      contents: {
        'text/plain': {
          schema: Upload,
          examples: ['batch=thirdPartyId,plan,city\n1042,gold,Z%C3%BCrich\n1043,,Bern\n'],
        },
      },
    },
    replies: { 200: { description: 'Stored.', contents: xmlAndJson(UploadReply, UploadReply) } },
    refusals: ['batch_invalid', 'batch_too_large', 'batch_rows_too_many', 'calls_too_many'],
  }
}

const Flag = Type.Union([Type.Literal('true'), Type.Literal('false')])

/** `/m2/{client}/profile/batchStatus`, and with `/v2/` as links of older replies have it */
export function statusDescription(version: 1 | 2): RouteDescription {
  return {
    id: version === 1 ? 'getBatchStatus' : 'getBatchStatusV2',
    chapter: 'Batches',
    summary: 'See what became of a batch, or read the rows of it that failed.',
    ...(version === 2 && { isDeprecated: true }),
    token: 'profile',
    path,
    query: Type.Object({
      batchId: Type.String({ description: 'From the link that the upload was answered with.' }),
      showDetails: Type.Optional({ ...Flag, description: 'With the counts of rows.' }),
      failedRows: Type.Optional({ ...Flag, description: 'The rows that failed instead, as text.' }),
    }),
    replies: {
      200: {
        description:
          'The status; with `failedRows=true` a text that is an upload itself, each row with the reason ' +
          'before it.',
        contents: {
          ...xmlAndJson(StatusElements, Type.Union([BatchDetails, BatchStatus])),
          'text/plain': { schema: Type.String() },
        },
      },
    },
    refusals: ['parameter_invalid', 'batch_not_found'],
  }
}

/** `/rest/v1/profiles/…` */
export const fetchDescriptions: Readonly<Record<IdKind, RouteDescription>> = {
  tntId: fetchDescription('getProfileByTntId', 'tntId'),
  thirdPartyId: fetchDescription('getProfileByThirdPartyId', 'thirdPartyId'),
  ecid: fetchDescription('getProfileByEcid', 'ECID (marketingCloudVisitorId)'),
}

function fetchDescription(id: string, idText: string): RouteDescription {
  return {
    id,
    chapter: 'Profiles',
    summary: `Read a profile by its ${idText}.`,
    details: 'Reading does not lengthen its life.',
    token: 'profile',
    path: Type.Object({
      id: Type.String({ description: `The ${idText}, percent-encoded.`, examples: ['1042'] }),
    }),
    query: Type.Object({
      client: Type.Optional(
        Type.String({
          description:
            'Code of a client; without it the one that the host name begins with, else the default one.',
          examples: ['demo'],
        }),
      ),
    }),
    replies: { 200: { description: 'The profile.', contents: json(Profile) } },
    refusals: ['profile_not_found'],
  }
}
