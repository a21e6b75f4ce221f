import {
  ActionButton,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Header,
  Heading,
  Text,
} from '@react-spectrum/s2'
import MenuIcon from '@react-spectrum/s2/icons/MenuHamburger'
import { focusRing, style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { ClientAccess } from '@silhouette/client'
import { NavLink } from 'react-router'
import type { TextKey } from '../lib/language.ts'
import { useText } from '../lib/text.tsx'
import { implementationPath } from './paths.ts'

interface Section {
  readonly title: TextKey
  readonly links: readonly { readonly title: TextKey; readonly pathOf: (code: string) => string }[]
}

/** The screens, as the navigation shows them. */
const sections: readonly Section[] = [
  {
    title: 'shell.administration',
    links: [{ title: 'implementation.title', pathOf: implementationPath }],
  },
]

/** The screens beside the one that shows, where there is room for them. */
export function Navigation({ client }: { readonly client: ClientAccess }) {
  const t = useText()
  return (
    <nav aria-label={t('shell.screens')}>
      {sections.map((section) => (
        <section key={section.title} aria-labelledby={section.title}>
          <h2 id={section.title} className={heading}>
            {t(section.title)}
          </h2>
          <ul className={list}>
            {section.links.map(({ title, pathOf }) => (
              <li key={title}>
                <NavLink to={pathOf(client.code)} className={({ isActive }) => link({ isActive })}>
                  {t(title)}
                </NavLink>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  )
}

/** The same as a menu, for narrow windows. */
export function NavigationMenu({ client }: { readonly client: ClientAccess }) {
  const t = useText()
  return (
    <MenuTrigger>
      <ActionButton isQuiet aria-label={t('shell.screens')}>
        <MenuIcon />
      </ActionButton>
      <Menu>
        {sections.map((section) => (
          <MenuSection key={section.title}>
            <Header>
              <Heading>{t(section.title)}</Heading>
            </Header>
            {section.links.map(({ title, pathOf }) => (
              <MenuItem key={title} id={title} href={pathOf(client.code)} textValue={t(title)}>
                <Text slot="label">{t(title)}</Text>
              </MenuItem>
            ))}
          </MenuSection>
        ))}
      </Menu>
    </MenuTrigger>
  )
}

const heading = style({ font: 'title-sm', color: 'neutral-subdued', marginY: 8, marginX: 12 })

const list = style({ listStyleType: 'none', padding: 0, margin: 0 })

const link = style({
  ...focusRing(),
  display: 'flex',
  alignItems: 'center',
  minHeight: 32,
  paddingX: 12,
  borderRadius: 'default',
  font: 'ui',
  textDecoration: 'none',
  color: 'neutral',
  fontWeight: { default: 'normal', isActive: 'bold' },
  backgroundColor: { default: 'transparent', isActive: 'gray-200', ':hover': 'gray-100' },
})
