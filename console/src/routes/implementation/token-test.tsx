import { Button, StatusLight } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import { ServiceError, type TokenDetails } from '@silhouette/client'
import { useMutation } from '@tanstack/react-query'
import { isRefusal, programFor } from '../../lib/server.ts'
import { useText } from '../../lib/text.tsx'
import { FormProblem } from '../../shell/form-problem.tsx'
import { useClient } from '../../shell/paths.ts'

interface TokenTestProps {
  readonly isOn: boolean
  readonly token: TokenDetails | null
}

/** What became of one call: whether the profile API let it in, and the status that it answered. */
interface Answer {
  readonly isAccepted: boolean
  readonly status: number
}

/** Calls the profile API as a program would, without the token and with it. */
export function TokenTest({ isOn, token }: TokenTestProps) {
  const t = useText()
  const { code } = useClient()
  const accessToken = token?.accessToken
  const test = useMutation({
    mutationFn: async () => ({
      without: await tryCall(code, undefined),
      with: accessToken === undefined ? undefined : await tryCall(code, accessToken),
    }),
  })
  return (
    <div className={style({ display: 'flex', flexDirection: 'column', alignItems: 'start', gap: 8 })}>
      <div
        className={style({
          display: 'flex',
          alignItems: 'center',
          columnGap: 12,
          rowGap: 8,
          flexWrap: 'wrap',
        })}
      >
        <Button variant="secondary" isPending={test.isPending} onPress={() => test.mutate()}>
          {t('test.button')}
        </Button>
        <span className={style({ font: 'body-sm', color: 'neutral-subdued' })}>{t('test.text')}</span>
      </div>
      <FormProblem error={test.error} />
      <div role="status">
        {test.data && (
          <>
            <Result
              title={t('test.without')}
              answer={test.data.without}
              isGood={!test.data.without.isAccepted}
            />
            {test.data.with ? (
              <Result title={t('test.with')} answer={test.data.with} isGood={test.data.with.isAccepted} />
            ) : (
              <StatusLight variant="neutral">{t(token ? 'test.hidden' : 'test.noToken')}</StatusLight>
            )}
            {!isOn && test.data.without.isAccepted && (
              <p className={style({ font: 'body-sm', margin: 0 })}>{t('test.open')}</p>
            )}
          </>
        )}
      </div>
    </div>
  )
}

interface ResultProps {
  readonly title: string
  readonly answer: Answer
  readonly isGood: boolean
}

function Result({ title, answer, isGood }: ResultProps) {
  const t = useText()
  const text = t(answer.isAccepted ? 'test.accepted' : 'test.refused', { status: answer.status })
  return (
    <StatusLight variant={isGood ? 'positive' : 'notice'}>
      {title}: {text}
    </StatusLight>
  )
}

/** Fetches a profile that does not exist: 404 says that the call was let in. */
async function tryCall(client: string, token: string | undefined): Promise<Answer> {
  try {
    await programFor(client, token).profiles.get({ thirdPartyId: `test-of-the-console-${Date.now()}` })
    return { isAccepted: true, status: 200 }
  } catch (error) {
    if (isRefusal(error, 'profile_not_found')) return { isAccepted: true, status: error.status }
    if (error instanceof ServiceError && error.status === 403) return { isAccepted: false, status: 403 }
    throw error
  }
}
