import { defaultSettings, type ClientSettings } from '../../model/client-settings.ts'
import { audit, type Actor, type Operation } from '../audit/log.ts'
import type { ControlContext, DomainContext } from '../context.ts'
import { bodyOf, change, installPartition, put } from '../documents.ts'
import {
  clientCollection,
  settingsCollection,
  settingsId,
  type Client,
  type ClientRecord,
} from './directory.ts'

/** Reads all settings of a client. */
export async function readSettings(context: DomainContext, client: Client): Promise<ClientSettings> {
  const document = await context.store.documents.get(client.code, settingsCollection, settingsId)
  return { ...(await defaultsOf(context, client)), ...bodyOf<Partial<ClientSettings>>(document) }
}

/** Replaces all settings: what is left out returns to its default. */
export function replaceSettings(
  context: ControlContext,
  { client, actor }: { client: Client; actor: Actor },
  settings: Partial<ClientSettings>,
): Promise<ClientSettings> {
  return changeSettings(context, { client, actor, operation: 'update' }, () => settings)
}

/** Changes some settings and leaves the others as they are. */
export function patchSettings(
  context: ControlContext,
  { client, actor }: { client: Client; actor: Actor },
  settings: Partial<ClientSettings>,
): Promise<ClientSettings> {
  return changeSettings(context, { client, actor, operation: 'patch' }, (stored) => ({
    ...stored,
    ...settings,
  }))
}

async function changeSettings(
  context: ControlContext,
  { client, actor, operation }: { client: Client; actor: Actor; operation: Operation },
  next: (stored: Partial<ClientSettings>) => Partial<ClientSettings>,
): Promise<ClientSettings> {
  const { documents } = context.store
  const defaults = await defaultsOf(context, client)
  const settings = await change(documents, client.code, async () => {
    const document = await documents.get(client.code, settingsCollection, settingsId)
    const stored = bodyOf<Partial<ClientSettings>>(document) ?? {}
    const body = next(stored)
    const before = { ...defaults, ...stored }
    const after = { ...defaults, ...body }
    const entry = { type: 'clientSettings', entityId: client.code, operation, before, after } as const
    const changes = [
      put(settingsCollection, settingsId, { document, body }),
      ...audit(context, { client, actor, change: entry }),
    ]
    return { changes, result: after }
  })
  context.clients.forget(client.code)
  return settings
}

async function defaultsOf(context: DomainContext, client: Client): Promise<ClientSettings> {
  const document = await context.store.documents.get(installPartition, clientCollection, client.code)
  const days = bodyOf<ClientRecord>(document)?.profileLifetimeDays
  return defaultSettings(days ?? context.settings.profileLifetimeDays)
}
