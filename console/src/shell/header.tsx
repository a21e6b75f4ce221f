import { Picker, PickerItem } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { ClientAccess } from '@silhouette/client'
import { useNavigate } from 'react-router'
import { useSession } from '../lib/session-context.ts'
import { useText } from '../lib/text.tsx'
import { AccountMenu } from './account-menu.tsx'
import { Mark } from './mark.tsx'
import { NavigationMenu } from './navigation.tsx'
import { implementationPath } from './paths.ts'

/** The bar above every screen: product, client, account. */
export function Header({ client }: { readonly client: ClientAccess | undefined }) {
  return (
    <header className={bar}>
      {client && (
        <div className={style({ display: { default: 'block', md: 'none' } })}>
          <NavigationMenu client={client} />
        </div>
      )}
      <Mark />
      <span className={style({ flexGrow: 1 })} />
      <ClientPicker client={client} />
      <AccountMenu />
    </header>
  )
}

/** Leads to the same place of another client. */
function ClientPicker({ client }: { readonly client: ClientAccess | undefined }) {
  const t = useText()
  const navigate = useNavigate()
  const { clients } = useSession()
  if (clients.length === 0) return null
  if (client && clients.length === 1) {
    return (
      <span className={single} title={t('shell.client')}>
        {nameOf(client)}
      </span>
    )
  }
  return (
    <Picker
      aria-label={t('shell.client')}
      placeholder={t('shell.client')}
      isQuiet
      align="end"
      value={client?.code ?? null}
      onChange={(code) => void navigate(implementationPath(String(code)))}
      items={clients.map((one) => ({ id: one.code, name: nameOf(one) }))}
      styles={style({ maxWidth: 160 })}
    >
      {({ name }) => <PickerItem>{name}</PickerItem>}
    </Picker>
  )
}

/** Two clients may have one name; no two have one code. */
function nameOf({ code, name }: ClientAccess): string {
  return name === code || name === '' ? code : `${name} (${code})`
}

const bar = style({
  display: 'flex',
  alignItems: 'center',
  gap: { default: 4, sm: 12 },
  height: 56,
  boxSizing: 'border-box',
  flexShrink: 0,
  paddingX: { default: 8, md: 16 },
  backgroundColor: 'base',
  borderWidth: 0,
  borderBottomWidth: 1,
  borderStyle: 'solid',
  borderColor: 'gray-200',
  position: 'sticky',
  top: 0,
  zIndex: 1,
})

const single = style({ font: 'ui', color: 'neutral-subdued', truncate: true, minWidth: 0 })
