import { planUpdate, type FoundProfiles, type Plan } from '../../model/apply.ts'
import {
  isGrave,
  isLive,
  viewOf,
  type Outcome,
  type Profile,
  type ProfileUpdate,
} from '../../model/profile.ts'
import { listUpdates, tallyOutcomes } from '../../model/rows.ts'
import type { VisitorId } from '../../model/visitor-id.ts'
import type { ProfileStore } from '../store.ts'

/** The profiles of a client by key, and the key that each linked id leads to. */
export class Tenant {
  readonly profiles = new Map<string, Profile>()
  readonly links = new Map<string, string>()
  readonly names = new Set<string>()

  /** The profile that an id leads to, or the grave of one that was erased. */
  find(id: VisitorId | undefined, nowMs: number): Profile | undefined {
    if (id === undefined) return undefined
    const profile = this.profiles.get(this.links.get(textOf(id)) ?? '')
    if (profile === undefined) return undefined
    if (isLive(profile, nowMs) || isGrave(profile, nowMs)) return profile
    this.drop(profile)
    return undefined
  }

  drop(profile: Profile) {
    this.profiles.delete(textOf(profile.key))
    for (const id of profile.ids) this.links.delete(textOf(id))
  }

  keep(profile: Profile) {
    this.profiles.set(textOf(profile.key), profile)
    for (const id of profile.ids) this.links.set(textOf(id), textOf(profile.key))
    for (const [name, { value }] of profile.attributes) if (value !== undefined) this.names.add(name)
  }
}

function textOf(id: VisitorId): string {
  return `${id.kind}:${id.id}`
}

/** Clients with what is kept of them. */
export class Tenants extends Map<string, Tenant> {
  of(client: string): Tenant {
    const tenant = this.get(client) ?? new Tenant()
    this.set(client, tenant)
    return tenant
  }
}

export function memoryProfiles(tenants: Tenants): ProfileStore {
  const applyAll = (updates: readonly ProfileUpdate[], nowMs: number) =>
    updates.map((update) => applyOne(tenants.of(update.client), update, nowMs))
  return {
    apply: async (updates, nowMs) => applyAll(updates, nowMs),
    applyRows: async (rows, nowMs) => {
      const updates = listUpdates(rows)
      return tallyOutcomes(updates, applyAll(updates, nowMs))
    },
    get: async (client, id, nowMs) => {
      const profile = tenants.of(client).find(id, nowMs)
      return profile && isLive(profile, nowMs) ? viewOf(profile) : undefined
    },
    attributeNames: async (client) => [...tenants.of(client).names],
    removeClient: async (client) => void tenants.delete(client),
    sweep: async ({ nowMs }) => {
      const expired = [...tenants.values()].flatMap((tenant) =>
        [...tenant.profiles.values()]
          .filter((profile) => !isLive(profile, nowMs) && !isGrave(profile, nowMs))
          .map((profile) => ({ tenant, profile })),
      )
      for (const { tenant, profile } of expired) tenant.drop(profile)
      return { removed: expired.length, cursor: undefined }
    },
  }
}

function applyOne(tenant: Tenant, update: ProfileUpdate, nowMs: number): Outcome {
  const find = (kind: VisitorId['kind']) => {
    const id = update.ids[kind]
    return id === undefined ? undefined : tenant.find({ kind, id }, nowMs)
  }
  const found: FoundProfiles = {
    tntId: find('tntId'),
    thirdPartyId: find('thirdPartyId'),
    ecid: find('ecid'),
  }
  const plan = planUpdate(update, found, nowMs)
  if (plan.write || plan.shrink.length > 0) carryOut(tenant, plan, Object.values(found))
  return plan.outcome
}

/** Puts a plan into effect. */
export function carryOut(
  tenant: Tenant,
  { end, shrink, write }: Pick<Plan, 'end' | 'shrink' | 'write'>,
  found: readonly (Profile | undefined)[],
) {
  for (const profile of [...found, ...end]) if (profile) tenant.drop(profile)
  for (const profile of [...shrink, ...(write ? [write] : [])]) tenant.keep(profile)
}
