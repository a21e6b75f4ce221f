import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { ClientAccess } from '@silhouette/client'
import type { ReactNode } from 'react'
import { useText } from '../lib/text.tsx'
import { Header } from './header.tsx'
import { Navigation } from './navigation.tsx'
import { OfflineNotice } from './offline-notice.tsx'

interface ShellProps {
  /** Undefined where the address names none that the person may see. */
  readonly client: ClientAccess | undefined
  readonly children: ReactNode
}

/** What stands around every screen: header, navigation, and a notice while the server is away. */
export function Shell({ client, children }: ShellProps) {
  const t = useText()
  return (
    <div className={shell}>
      <a href="#screen" className={skip}>
        {t('shell.skip')}
      </a>
      <Header client={client} />
      <div className={body}>
        {client && (
          <div className={side}>
            <Navigation client={client} />
          </div>
        )}
        <main id="screen" tabIndex={-1} className={screen}>
          <OfflineNotice />
          {children}
        </main>
      </div>
    </div>
  )
}

const shell = style({
  display: 'flex',
  flexDirection: 'column',
  minHeight: '[100vh]',
  backgroundColor: 'layer-1',
  font: 'body',
})

const skip = style({
  position: 'absolute',
  top: 0,
  insetStart: 8,
  zIndex: 2,
  padding: 12,
  borderRadius: 'default',
  backgroundColor: 'base',
  color: 'accent',
  font: 'ui',
  translateY: { default: '-200%', ':focus-visible': 8 },
})

const body = style({ display: 'flex', flexGrow: 1, alignItems: 'start', minWidth: 0 })

const side = style({
  display: { default: 'none', md: 'block' },
  flexShrink: 0,
  width: 224,
  boxSizing: 'border-box',
  padding: 16,
  position: 'sticky',
  top: 56,
})

const screen = style({
  flexGrow: 1,
  minWidth: 0,
  outlineStyle: 'none',
  paddingX: { default: 16, md: 32 },
  paddingTop: { default: 16, md: 24 },
  paddingBottom: 64,
})
