import { joinAnonymous, joinUnderThirdPartyId } from '../../model/merge.ts'
import { isLive, type Profile } from '../../model/profile.ts'
import { isSameId, listIds, type VisitorId, type VisitorIds } from '../../model/visitor-id.ts'
import { isGreater, isSameSpot, textOf, type Spot } from './cells.ts'
import {
  hasRest,
  isClosed,
  isYetToBegin,
  readLifeAt,
  readPlace,
  straysOf,
  type Content,
  type Life,
  type Place,
} from './lives.ts'
import type { CellSession } from './session.ts'

/** A chain ends: lives are joined to greater ones. More is a fault of ours. */
const chainMax = 200

/** What an id leads to. */
export interface Found {
  readonly place: Place
  readonly root: Root | undefined
  /**
   * What is left under an id that leads nowhere, or to a profile that does not list it yet: an expired
   * profile, or the mark of an erasure.
   */
  readonly past: Profile | undefined
}

/** The end of a chain: a profile, or a life that others are joined to and that is still empty. */
export interface Root {
  readonly spot: Spot
  readonly content: Content | undefined
  /** Lives on the way that were joined to it, and strays beside it. */
  readonly joined: readonly Life[]
  /** All of it together; `undefined` when there is nothing yet. */
  readonly profile: Profile | undefined
}

/** Reads where ids lead. What several lead to is read once, so that it is the same for all. */
export class Finder {
  readonly #session: CellSession
  readonly #nowMs: number
  readonly #known = new Map<string, Promise<Found>>()
  readonly #places = new Map<string, Promise<Place>>()
  readonly #lives = new Map<string, Promise<Life | undefined>>()

  constructor(session: CellSession, nowMs: number) {
    this.#session = session
    this.#nowMs = nowMs
  }

  /** Finds what ids lead to; what lies on the ways of several to one root is put together. */
  async find(tenant: string, ids: VisitorIds | readonly VisitorId[]): Promise<Found[]> {
    const listed = isList(ids) ? ids : listIds(ids)
    const found = await Promise.all(listed.map((id) => this.#findId(tenant, id)))
    return found.map(({ place, root, past }) => {
      const others = found.flatMap((other) => {
        return root && other.root && isSameSpot(other.root.spot, root.spot) ? [other.root] : []
      })
      if (root === undefined || others.length === 1) return { place, root, past }
      const joined = others.flatMap((other) => other.joined)
      return { place, root: rootOf(root.spot, root.content, joined), past }
    })
  }

  #findId(tenant: string, id: VisitorId): Promise<Found> {
    const key = `${tenant}\0${textOf(id)}`
    const known = this.#known.get(key) ?? this.#walk(tenant, id)
    this.#known.set(key, known)
    return known
  }

  async #walk(tenant: string, id: VisitorId): Promise<Found> {
    const place = await this.#placeOf(tenant, id)
    const nowhere = { place, root: undefined, past: undefined }
    const way = straysOf(place, this.#nowMs)
    let [life] = place.lives
    while (life?.joined) {
      if (isClosed(life)) return nowhere
      if (way.length > chainMax) throw new Error(`the lives of ${textOf(id)} are joined without end`)
      way.push(life)
      const spot: Spot = life.joined
      const next = await this.#placeOf(tenant, spot.home)
      life =
        next.lives.find((other) => isSameSpot(other, spot)) ??
        (next.isWhole ? undefined : await this.#lifeOf(tenant, spot))
      if (life !== undefined && life === next.lives[0]) way.push(...straysOf(next, this.#nowMs))
      if (life === undefined) {
        if (!isYetToBegin(spot, next, this.#nowMs)) return nowhere
        return { ...nowhere, root: this.#rootOf(spot, undefined, way), past: pastOf(place) }
      }
    }
    if (life?.content === undefined) return nowhere
    if (!isLive(life.content.profile, this.#nowMs)) return { ...nowhere, past: life.content.profile }
    const past = life.content.ids.has(textOf(id)) ? undefined : pastOf(place)
    return { ...nowhere, root: this.#rootOf(life, life.content, way), past }
  }

  #placeOf(tenant: string, id: VisitorId): Promise<Place> {
    const key = `${tenant}\0${textOf(id)}`
    const known = this.#places.get(key) ?? readPlace(this.#session, tenant, id)
    this.#places.set(key, known)
    return known
  }

  #lifeOf(tenant: string, spot: Spot): Promise<Life | undefined> {
    const key = `${tenant}\0${textOf(spot.home)}\0${spot.life}`
    const known = this.#lives.get(key) ?? readLifeAt(this.#session, tenant, spot)
    this.#lives.set(key, known)
    return known
  }

  #rootOf(spot: Spot, content: Content | undefined, way: readonly Life[]): Root {
    return rootOf(
      { home: spot.home, life: spot.life },
      content,
      way.filter((life) => hasRest(life, this.#nowMs)),
    )
  }
}

function pastOf({ lives }: Place): Profile | undefined {
  return lives.find(({ joined, content }) => joined === undefined && content !== undefined)?.content?.profile
}

function isList(ids: VisitorIds | readonly VisitorId[]): ids is readonly VisitorId[] {
  return Array.isArray(ids)
}

function rootOf(spot: Spot, content: Content | undefined, way: readonly Life[]): Root {
  const joined = way.filter((life, index) => way.findIndex((other) => isSameSpot(other, life)) === index)
  // As one update would join them: those without a thirdPartyId first, then to the one that has it.
  const parts = joined
    .toSorted((a, b) => (isGreater(a, b) ? -1 : 1))
    .flatMap((life) => (life.content ? [life.content.profile] : []))
  if (content) parts.unshift(content.profile)
  const owner = foldProfiles(parts.filter(isOwned))
  const other = foldProfiles(parts.filter((part) => !isOwned(part)))
  let profile = owner && other ? together(owner, other, joinUnderThirdPartyId) : (owner ?? other)
  if (profile) profile = { ...profile, key: spot.home }
  if (profile && !profile.ids.some((id) => isSameId(id, spot.home))) {
    profile = { ...profile, ids: [spot.home, ...profile.ids] }
  }
  return { spot, content, joined, profile }
}

function isOwned({ key }: Profile): boolean {
  return key.kind === 'thirdPartyId'
}

function foldProfiles(profiles: readonly Profile[]): Profile | undefined {
  const [first, ...others] = profiles
  return first && others.reduce((all, one) => together(all, one, joinAnonymous), first)
}

function together(root: Profile, rest: Profile, join: typeof joinAnonymous): Profile {
  const later = rest.writtenAtMs > root.writtenAtMs ? rest : root
  return {
    key: root.key,
    ids: [...root.ids, ...rest.ids.filter((id) => !root.ids.some((other) => isSameId(id, other)))],
    bornAtMs: Math.min(root.bornAtMs, rest.bornAtMs),
    writtenAtMs: later.writtenAtMs,
    expiresAtMs: later.expiresAtMs,
    attributes: join(root, rest),
  }
}
