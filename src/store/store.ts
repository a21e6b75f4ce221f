import type { Batch, BatchProgress, RefusedRow } from '../model/batch.ts'
import type { Outcome, Profile, ProfileUpdate, ProfileView } from '../model/profile.ts'
import type { RowOutcomes, Rows } from '../model/rows.ts'
import type { VisitorId } from '../model/visitor-id.ts'

/**
 * Where everything is kept: the one seam between what the service does and how it is stored.
 *
 * Nothing here hands out a transaction or takes a callback, and nothing assumes that one process
 * owns the data: updates are declared, control records carry versions, batches are claimed.
 * Every promise that resolves for a write means: durable, and visible to the next read.
 */
export interface Store {
  readonly profiles: ProfileStore
  readonly documents: DocumentStore
  readonly batches: BatchStore
  readonly spool: Spool
  readonly transfer: Transfer
  /** How long a request may take with all that it asks of the store, ms; without one nothing can hang. */
  readonly requestMsMax?: number
  /** Tells what the store takes of its disk; empty for one that has none of its own. */
  space(): Promise<StoreSpace>
  /** How many nodes of the database answer, and how many do not, for a store that has some. */
  readonly nodes?: () => NodeStates
  /** Waits for what is under way, then gives everything back. A second call does nothing. */
  close(): Promise<void>
}

export interface NodeStates {
  readonly answering: number
  readonly silent: number
}

/** Sizes in bytes. */
export interface StoreSpace {
  /** What the records take, free pages among them. */
  readonly bytes?: number
  /** Size of the disk that they are on, and what of it is free for this process. */
  readonly diskBytes?: number
  readonly diskFreeBytes?: number
}

export interface ProfileStore {
  /**
   * Applies updates as if one after the other in the order given, each wholly or not at all.
   *
   * Applying an update twice leaves the same profile; the second time is `unchanged`.
   *
   * @param updates at most some thousand; a store may take them as one transaction
   * @param nowMs   epoch ms; decides which profiles have expired
   * @returns       one outcome an update, in their order
   */
  apply(updates: readonly ProfileUpdate[], nowMs: number): Promise<Outcome[]>

  /**
   * Applies rows of a batch: the same as `apply` of each, in their order.
   *
   * @param rows      not to be changed before the promise resolves
   * @param nowMs     epoch ms; decides which profiles have expired
   * @param onWritten called by a store that from then on only waits for its disk: time for other work.
   *                  Others need not
   */
  applyRows(rows: Rows, nowMs: number, onWritten?: () => void): Promise<RowOutcomes>

  /** Reads the live profile that an id leads to. */
  get(client: string, id: VisitorId, nowMs: number): Promise<ProfileView | undefined>

  /** Names of the attributes that a client's profiles were given values of, in any order. */
  attributeNames(client: string): Promise<string[]>

  /** Removes all profiles and attribute names of a client; what is written later is a new client's. */
  removeClient(client: string): Promise<void>

  /**
   * Gives back the space of expired profiles, looking at no more than `limit` profiles.
   *
   * Correctness never waits for it: an expired profile is missing at once.
   *
   * @param cursor where the last call ended; `undefined` begins anew
   * @returns      how many went, and where to go on; no cursor after the last profile
   */
  sweep(options: { cursor: string | undefined; limit: number; nowMs: number }): Promise<Swept>
}

export interface Swept {
  readonly removed: number
  readonly cursor: string | undefined
}

/** A control record: small, named, with a version that grows by one with each change. */
export interface Document {
  readonly id: string
  readonly version: number
  readonly body: unknown
}

/** One step of a commit. `ifVersion` names the version that must still be there. */
export type DocumentChange =
  | { readonly kind: 'insert'; readonly collection: string; readonly id: string; readonly body: unknown }
  | {
      readonly kind: 'replace'
      readonly collection: string
      readonly id: string
      readonly ifVersion: number
      readonly body: unknown
    }
  | { readonly kind: 'remove'; readonly collection: string; readonly id: string; readonly ifVersion: number }

/** Control records in named collections of a partition (a client's code, or `*` for the install). */
export interface DocumentStore {
  get(partition: string, collection: string, id: string): Promise<Document | undefined>

  /** Lists documents by id, those after `after` whose ids begin with `prefix`. */
  list(
    partition: string,
    collection: string,
    options: { prefix?: string; after?: string; limit: number },
  ): Promise<Document[]>

  /**
   * Carries out all changes of one partition, or none of them.
   *
   * @returns false when a document to insert exists, or one to change has another version
   */
  commit(partition: string, changes: readonly DocumentChange[]): Promise<boolean>

  /** Removes all documents of some collections of a partition. */
  clear(partition: string, collections: readonly string[]): Promise<void>

  /**
   * A number that each change of any document makes another one, by whichever process: read at once, of a
   * store that several processes of one machine share. Without it, what was read counts for a while.
   */
  readonly version?: () => number
}

/** Accepted batches: those of a client are applied in the order accepted, clients in turn. */
export type BatchStore = BatchRecords & (WholeBatches | SharedBatches)

export interface BatchRecords {
  /** Makes a spooled upload a batch, which may be claimed from then on. */
  accept(batch: Batch): Promise<void>

  get(client: string, batchId: string): Promise<Batch | undefined>

  /** The batch of a client that is applied next or just now. */
  head(client: string): Promise<Batch | undefined>

  /** Lists batches that are not complete, those of one client in the order accepted. */
  listIncomplete(limit: number): Promise<Batch[]>

  /** Lists a page of a client's batches, the latest accepted first, and counts all of them. */
  list(client: string, page: { limit: number; offset: number }): Promise<{ total: number; batches: Batch[] }>

  /** Forgets all batches of a client, and names them. */
  removeClient(client: string): Promise<string[]>

  /** Forgets complete batches accepted before a moment, at most `limit`, and names them. */
  removeOlder(options: { acceptedBeforeMs: number; limit: number }): Promise<string[]>
}

/** The right to apply a batch: lost when its lease ends without a checkpoint and another holder takes it. */
export interface BatchClaim {
  readonly batch: Batch
  readonly holder: string
}

/** What a store offers that one worker at a time applies a batch of, from the first row to the last. */
export interface WholeBatches {
  readonly parts?: undefined

  /**
   * Claims the next batch to work at: of the client whose turn it is, the one accepted first.
   *
   * @returns `undefined` when there is nothing to do, or all that there is is held by others
   */
  claim(options: { holder: string; nowMs: number; leaseMs: number }): Promise<BatchClaim | undefined>

  /**
   * Stores how far a claimed batch has come, with the rows refused since the last checkpoint, and
   * renews the claim. With `completed` the batch ends and leaves the queue.
   *
   * @returns the renewed claim; `undefined` when another holder has taken it over
   */
  checkpoint(claim: BatchClaim, change: BatchChange): Promise<BatchClaim | undefined>

  /** Gives a claim back before its time. */
  release(claim: BatchClaim): Promise<void>

  /** Lists the refused rows of a batch by line. */
  listRefused(client: string, batchId: string): Promise<RefusedRow[]>
}

/** What a store offers whose batches many nodes apply together, part by part. */
export interface SharedBatches {
  readonly parts: PartStore
}

/** The right to apply one part of a batch, until its lease ends. */
export interface PartClaim {
  readonly batch: Batch
  readonly part: number
  readonly holder: string
}

/** Some whole lines of an upload, in the order of the file; part 0 begins with the header. */
export interface UploadPart {
  readonly bytes: Buffer
  /** The line that it begins with; the header's is 1. */
  readonly firstLine: number
  /** Whether it is the rest of a line that is too long to be a row: nothing in it is one. */
  readonly isRest: boolean
}

/** What became of the rows of a part. */
export interface PartResult {
  readonly progress: BatchProgress
  /** Its failed rows as a file of them shows them; that of part 0 begins with the header. */
  readonly failedRows: Uint8Array
}

/**
 * The parts of batches. Parts of one batch are applied in any order and by several nodes at once: the
 * stamps of rows say which comes later. A part's result counts once, whoever applied it again.
 */
export interface PartStore {
  /**
   * Claims the next part to work at, of the batch accepted first of the client whose turn it is.
   *
   * @returns `undefined` when there is nothing to do, or all that there is is held by others
   */
  claim(options: { holder: string; nowMs: number; leaseMs: number }): Promise<PartClaim | undefined>

  /** Renews a claim; false when another holder has taken it over. */
  renew(claim: PartClaim, options: { nowMs: number; leaseMs: number }): Promise<boolean>

  /**
   * Stores what became of a part. After the last one the batch is complete and its upload gone.
   *
   * @returns `batch` when that was the last part; `lost` when another holder has taken the part over:
   *          what that one finds counts
   */
  finish(claim: PartClaim, result: PartResult, nowMs: number): Promise<'part' | 'batch' | 'lost'>

  /** Gives a claim back before its time, and notes why the batch cannot go on, if that is so. */
  release(claim: PartClaim, problem?: string): Promise<void>

  /** How many parts a batch has; 0 when nothing is known of it. */
  count(batchId: string): Promise<number>

  /** Reads a part of an upload that is not complete. */
  read(batchId: string, part: number): Promise<UploadPart | undefined>

  /** Reads the failed rows of a part; `undefined` until it has been applied. */
  readFailed(batchId: string, part: number): Promise<Uint8Array | undefined>
}

export interface BatchChange {
  readonly progress: BatchProgress
  readonly refused: readonly RefusedRow[]
  readonly completed: boolean
  readonly problem?: string | undefined
  readonly nowMs: number
  readonly leaseMs: number
}

/**
 * Named sequences of bytes: uploads until they are applied, failed rows afterwards.
 *
 * An entry is there whole or not at all, also after a crash.
 */
export interface Spool {
  create(name: string): Promise<SpoolWriter>
  /** Opens an entry for reading anywhere. */
  open(name: string): Promise<SpoolReader | undefined>
  remove(name: string): Promise<void>
  /** Names of all entries that were complete before a moment. */
  list(createdBeforeMs: number): Promise<string[]>
}

export interface SpoolWriter {
  /** Appends bytes, which must stay as they are until the entry is closed or discarded. */
  write(bytes: Uint8Array): Promise<void>
  /** Makes the entry durable and visible. */
  close(): Promise<void>
  /** Leaves nothing behind. */
  discard(): Promise<void>
}

export interface SpoolReader {
  readonly size: number
  /**
   * Copies up to `length` bytes from `position` on to the start of `target`.
   *
   * Synchronous on purpose: a batch reads half a million rows in the order of their ids.
   *
   * @returns how many bytes were copied; fewer only at the end
   */
  read(target: Uint8Array, length: number, position: number): number
  close(): void
}

/**
 * What it takes to copy a store record by record: everything is listed as it is stored, also while the
 * store is served, and put as another store has it.
 *
 * Putting is for a store that nobody serves. Putting a record twice is as putting it once.
 */
export interface Transfer {
  /** Lists live profiles and graves, each once unless it changes meanwhile. */
  listProfiles(options: PageOptions & { readonly nowMs: number }): Promise<Page<StoredProfile>>
  /** Makes profiles so, and their ids lead to them; what these led to before ends, or loses them. */
  putProfiles(profiles: readonly StoredProfile[], nowMs: number): Promise<void>
  /** Removes profiles and graves by their chief ids; what has another one stays. */
  removeProfiles(client: string, chiefIds: readonly VisitorId[], nowMs: number): Promise<void>

  /** Adds to the names of the attributes that a client's profiles were given values of. */
  putAttributeNames(client: string, names: readonly string[]): Promise<void>

  listDocuments(options: PageOptions): Promise<Page<StoredDocument>>
  /** Puts documents of one partition with their versions. */
  putDocuments(partition: string, documents: readonly StoredDocument[]): Promise<void>

  listBatches(options: PageOptions): Promise<Page<Batch>>
  /**
   * Reads the upload of a batch that is not complete, or the failed rows of one that is.
   *
   * @returns `undefined` when that is not there: the batch has just been completed, or removed
   */
  readBatchText(batch: Batch): Promise<AsyncIterable<Uint8Array> | undefined>
  /**
   * Puts a batch with its text. One that is not complete begins anew: rows that were applied before are
   * applied again, which leaves the same profiles.
   */
  putBatch(batch: Batch, text: AsyncIterable<Uint8Array>): Promise<void>
  removeBatch(batch: Pick<Batch, 'client' | 'batchId' | 'acceptedAtMs'>): Promise<void>
}

/** Some of what a store holds, and where the rest begins; no cursor after the last. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly cursor: string | undefined
}

export interface PageOptions {
  /** Where the page before ended, in this process or another; `undefined` begins anew. */
  readonly cursor: string | undefined
  /** Records that are looked at: a page may hold fewer, or none, and not be the last. */
  readonly limit: number
}

/** A profile, or the grave of one, with all that is stored of it. */
export interface StoredProfile {
  readonly client: string
  readonly profile: Profile
}

export interface StoredDocument {
  readonly partition: string
  readonly collection: string
  readonly document: Document
}
