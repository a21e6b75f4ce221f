/** Names plus values of one profile, in UTF-8 bytes, `firstSessionStart` included. @source decisions.md §3 */
export const profileBytesMax = 65_536

/** A profile above this size is near its limit, bytes. */
export const nearLimitBytes = profileBytesMax * 0.9

/** Characters (code points) of an attribute name written by an update or a batch. */
export const attributeNameCharsMax = 250

/** Characters of a tntId, without its location hint. */
export const tntIdCharsMax = 128

/** Characters of a thirdPartyId. */
export const thirdPartyIdCharsMax = 256

/** Characters of an ECID (marketingCloudVisitorId). */
export const ecidCharsMax = 128

/**
 * Ids that one profile keeps. A visitor who clears cookies and signs in again leaves a tntId each
 * time; past this number the id linked longest ago is unlinked, so that no record grows for ever.
 */
export const linkedIdsMax = 1_000

/** How long a removed attribute is remembered, so that a batch accepted earlier cannot bring it back. */
export const removalKeptMs = 30 * 86_400_000

/** One day in milliseconds. */
export const dayMs = 86_400_000
