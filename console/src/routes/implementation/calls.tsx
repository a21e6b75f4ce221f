import { Tab, TabList, TabPanel, Tabs } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { Settings, TokenDetails } from '@silhouette/client'
import { useText } from '../../lib/text.tsx'
import { Card } from '../../shell/card.tsx'
import { CopyButton, CopyField } from '../../shell/copy.tsx'
import { useClient } from '../../shell/paths.ts'
import { samplesOf } from './samples.ts'
import { TokenTest } from './token-test.tsx'

interface CallsProps {
  readonly settings: Settings
  readonly token: TokenDetails | null
}

/** How to call the profile API: the header, a program to begin with, and whether it works. */
export function Calls({ settings, token }: CallsProps) {
  const t = useText()
  const client = useClient()
  const shownToken = token?.accessToken ?? t('calls.placeholder')
  const samples = samplesOf({ origin: location.origin, client: client.code, token: shownToken })
  return (
    <Card title={t('calls.title')} text={t('calls.text')}>
      <CopyField label={t('calls.header')} value={`Authorization: Bearer ${shownToken}`} />
      <Tabs aria-label={t('calls.samples')} density="compact">
        <TabList>
          {samples.map(({ name }) => (
            <Tab key={name} id={name}>
              {name}
            </Tab>
          ))}
        </TabList>
        {samples.map(({ name, code }) => (
          <TabPanel key={name} id={name}>
            <Sample name={name} code={code} />
          </TabPanel>
        ))}
      </Tabs>
      <TokenTest isOn={settings.enableProfileApiAuthentication} token={token} />
    </Card>
  )
}

function Sample({ name, code }: { readonly name: string; readonly code: string }) {
  const t = useText()
  return (
    <div
      className={style({
        display: 'flex',
        flexDirection: 'column',
        alignItems: 'start',
        gap: 8,
        paddingTop: 12,
      })}
    >
      {/* It scrolls sideways, so the keyboard must reach it. */}
      <pre tabIndex={0} aria-label={t('calls.sample', { name })} role="region" className={block}>
        {code}
      </pre>
      <CopyButton text={code} what={t('calls.sample', { name })} />
    </div>
  )
}

const block = style({
  font: 'code-sm',
  boxSizing: 'border-box',
  width: 'full',
  margin: 0,
  padding: 16,
  overflowX: 'auto',
  borderRadius: 'default',
  backgroundColor: 'gray-100',
  whiteSpace: 'pre',
})
