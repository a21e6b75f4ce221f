import { useEffect } from 'react'

/** Names the screen in the browser's title, most particular first. */
export function useTitle(...parts: readonly string[]): void {
  const title = [...parts, 'Silhouette'].join(' · ')
  useEffect(() => void (document.title = title), [title])
}
