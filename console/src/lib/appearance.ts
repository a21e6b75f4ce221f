import { useSyncExternalStore } from 'react'

export const appearances = ['system', 'light', 'dark'] as const

/** How the console looks on this device; `system` follows the device. */
export type Appearance = (typeof appearances)[number]

/** `public/appearance.js` reads the same, before the first paint. */
const storageKey = 'silhouette.appearance'

const listeners = new Set<() => void>()

export function useAppearance(): Appearance {
  return useSyncExternalStore(subscribe, readAppearance)
}

export function chooseAppearance(appearance: Appearance): void {
  const { dataset } = document.documentElement
  if (appearance === 'system') {
    localStorage.removeItem(storageKey)
    delete dataset['colorScheme']
  } else {
    localStorage.setItem(storageKey, appearance)
    dataset['colorScheme'] = appearance
  }
  for (const listener of listeners) listener()
}

function readAppearance(): Appearance {
  const kept = localStorage.getItem(storageKey)
  return appearances.find((known) => known === kept) ?? 'system'
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
