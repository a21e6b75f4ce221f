import { InvalidArgumentError, Option, type Command } from 'commander'
import type { BatchEntry, BatchStatus } from '#client'
import { convertFile, type ConvertOptions } from '../batch/convert.ts'
import { openDisplay } from '../batch/display.ts'
import { addFileOptions } from '../batch/file-options.ts'
import { refuseFailed, waitForBatches } from '../batch/follow.ts'
import { countText } from '../batch/progress.ts'
import { uploadFile, type UploadOptions } from '../batch/upload.ts'
import { writeFileWhole, writeTo } from '../batch/write.ts'
import { addNoun, addVerb, requireCredential, runs, runsOnline, type OnlineCall } from '../command.ts'
import { UsageError } from '../errors.ts'
import type { Shell } from '../shell.ts'

/** `batch`: bulk updates, from a file to what became of its rows. */
export function addBatch(program: Command, shell: Shell): void {
  const batch = addNoun(program, 'batch', 'upload, convert and follow batches')
  addUpload(batch, shell)
  addConvert(batch, shell)
  addStatus(batch, shell)
  addFailedRows(batch, shell)
  addList(batch, shell)
}

function addUpload(batch: Command, shell: Shell) {
  const upload = addVerb(batch, 'upload <file>', {
    summary: 'upload a batch file, or a CSV export',
    details:
      'FILE is a batch file or, with --key, a CSV file; - is standard input. Files in gzip are unpacked. ' +
      'A file above the limits of an upload is sent in several parts, one after the other, each a batch of ' +
      'its own. Records of a CSV file that make no row are left out and kept in a file beside. Ends with 1 ' +
      'when there are such records, or when rows failed under --wait.',
    examples: [
      'silhouette batch upload rows.txt --wait',
      'silhouette batch upload crm.csv --key customer_id=thirdPartyId --columns plan,City=city --gzip --wait',
      'zcat crm.csv.gz | silhouette batch upload - --key customer_id=thirdPartyId --json',
    ],
  })
  upload
    .option('--v1', 'update only profiles that are there (bulk update v1)')
    .option('--wait', 'wait until all rows are applied')
    .option('--gzip', 'compress what is sent')
    .addOption(
      new Option('--from-part <number>', 'leave out the parts before this one').argParser(wholeNumber),
    )
  addFileOptions(upload)
  runsOnline<UploadOptions>(upload, shell, uploadFile)
}

function addConvert(batch: Command, shell: Shell) {
  const convert = addVerb(batch, 'convert <file>', {
    summary: 'make batch files of a CSV export',
    details:
      'FILE is a CSV file (RFC 4180), - is standard input; gzip is unpacked. Writes NAME.001.batch, ' +
      'NAME.002.batch and so on, each below the limits of an upload. Records that make no row are kept in ' +
      'NAME.rejected.csv with their lines told, and the command ends with 1.',
    examples: [
      'silhouette batch convert crm.csv --key customer_id=thirdPartyId',
      'silhouette batch convert crm.csv --key customer_id=thirdPartyId --dry-run',
      'silhouette batch convert crm.csv --key id=pcId --delimiter ";" --encoding windows-1252 --output parts',
    ],
  })
  convert
    .option('--output <folder>', 'where the files go, - for standard output; beside FILE unless given')
    .option('--dry-run', 'write nothing, and say what would come of it')
  addFileOptions(convert)
  runs<ConvertOptions>(convert, shell, convertFile)
}

function addStatus(batch: Command, shell: Shell) {
  const status = addVerb(batch, 'status <batch-id>', {
    summary: 'show how far a batch is, and how its rows ended',
    details: 'With --wait it ends when all rows are applied: with 1 when some failed.',
    examples: [
      'silhouette batch status demo-1764028800000-12345678',
      'silhouette batch status ID --wait --json',
    ],
  })
  status
    .option('--wait', 'wait until all rows are applied')
    .option('--allow-failed', 'end with 0 although rows failed')
  runsOnline<{ wait?: true; allowFailed?: true }>(status, shell, async (call, batchId) => {
    const found = await call.service.batches.status(batchId, { signal: call.signal })
    if (!call.options.wait) return showStatus(call, found)
    const display = openDisplay(call.shell, call.print.isJson)
    const waited = await waitForBatches(call, display, [{ batchId, part: { rows: found.batchSize } }])
    for (const one of waited) showStatus(call, one)
    refuseFailed(call.options, waited)
  })
}

function showStatus({ print }: Pick<OnlineCall, 'print'>, status: BatchStatus) {
  print.fields(status, {
    Batch: status.batchId,
    Status: status.status,
    Problem: status.problem,
    Rows: countText(status.batchSize),
    Ended: countText(status.consumedCount),
    Successful: countText(status.successfulUpdates),
    Created: countText(status.created),
    Updated: countText(status.updated),
    Unchanged: countText(status.unchanged),
    'Not found': countText(status.profilesNotFound),
    Failed: countText(status.failedUpdates),
  })
}

function addFailedRows(batch: Command, shell: Shell) {
  const failedRows = addVerb(batch, 'failed-rows <batch-id>', {
    summary: 'print the rows that failed, each with its line and reason',
    details: 'What it prints is a batch file: mend the rows and upload it again. --json needs --output.',
    examples: [
      'silhouette batch failed-rows demo-1764028800000-12345678',
      'silhouette batch failed-rows demo-1764028800000-12345678 --output failed.batch',
    ],
  })
  failedRows.option('--output <file>', 'where the rows go; standard output unless given')
  runsOnline<{ output?: string }>(failedRows, shell, async (call, batchId) => {
    const { options, print, service, signal } = call
    if (print.isJson && options.output === undefined) throw new UsageError('--json needs --output FILE.')
    const rows = await service.batches.failedRows(batchId, { signal })
    if (options.output === undefined) return writeTo(shell.stdout, rows, signal)
    await writeFileWhole(options.output, rows, signal)
    print.done({ batchId, file: options.output }, `Wrote ${options.output}.`)
  })
}

function addList(batch: Command, shell: Shell) {
  const list = addVerb(batch, 'list', {
    summary: 'list batches, the latest first',
    details: 'Those of the last 30 days, or as long as the server keeps them. Needs an API credential.',
    examples: ['silhouette batch list', 'silhouette batch list --limit 100 --offset 100 --json'],
  })
  list
    .addOption(new Option('--limit <number>', 'how many; 20 unless given').argParser(wholeNumber))
    .addOption(new Option('--offset <number>', 'how many of the latest to leave out').argParser(wholeNumber))
  runsOnline<{ limit?: number; offset?: number }>(list, shell, async (call) => {
    requireCredential(call)
    const { limit = 20, offset = 0 } = call.options
    const found = await call.service.batches.list({ limit, offset }, { signal: call.signal })
    call.print.table(found, found.batches, listColumns, 'There is no batch.')
  })
}

const listColumns = {
  BATCH: ({ batchId }: BatchEntry) => batchId,
  STATUS: ({ status }: BatchEntry) => status,
  ROWS: ({ batchSize }: BatchEntry) => countText(batchSize),
  SUCCESSFUL: ({ successfulUpdates }: BatchEntry) => countText(successfulUpdates),
  'NOT FOUND': ({ profilesNotFound }: BatchEntry) => countText(profilesNotFound),
  FAILED: ({ failedUpdates }: BatchEntry) => countText(failedUpdates),
  ACCEPTED: ({ acceptedAt }: BatchEntry) => acceptedAt,
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a whole number.')
}
