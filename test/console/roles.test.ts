import { expect, it } from 'vitest'
import type { Role } from '../../src/model/permission.ts'
import { closeChromium } from './support/console.ts'
import { show } from './support/states.ts'

closeChromium()

const on = { name: '', setting: { isOn: true, tokens: [{}] } }

it.each<[Role, string]>([
  ['observer', 'Observer'],
  ['publisher', 'Publisher'],
  ['editor', 'Editor'],
])(
  '%s: sees settings and expiry, not the token; what is disabled says why and who can help',
  async (role, title) => {
    const { page, screen } = await show({ ...on, options: { role } })

    await page.getByText(`Your role on demo is ${title}`).waitFor()
    await page.getByText('An approver or an administrator of demo can.').waitFor()
    await page.getByText('Only approvers and administrators see the token.').waitFor()
    await page.getByText('Only approvers and administrators generate tokens.').waitFor()
    expect(await screen.switch.isDisabled()).toBe(true)
    expect(await screen.switch.isChecked()).toBe(true)
    expect(await screen.generate.isDisabled()).toBe(true)
    expect(await screen.token.inputValue()).toBe('Hidden')
    expect(await screen.expiresIn.inputValue()).toMatch(/^(90|89) days/)
    expect(await page.content()).not.toContain('slh_')
    expect(await screen.button('dialog.save').count()).toBe(0)
  },
)

it.each<[Role]>([['approver'], ['workspaceAdmin'], ['productAdmin'], ['systemAdmin']])(
  '%s: sees the token and may turn, generate and change',
  async (role) => {
    const { page, screen, fetchStatus } = await show({ ...on, options: { role } })

    const token = await screen.token.inputValue()

    expect(await fetchStatus(token)).toBe(200)
    expect(await screen.switch.isEnabled()).toBe(true)
    expect(await screen.generate.isEnabled()).toBe(true)
    expect(await page.getByText('You can look, but not change').count()).toBe(0)
  },
)

it('a role that was taken away meanwhile is told of, and nothing changes', async () => {
  const { page, screen, server, fetchStatus } = await show(on)
  await server.person('ann@example.com', [], {
    memberships: [{ client: 'demo', workspace: 'default', role: 'observer' }],
  })

  await screen.turn()
  await screen.button('switchOff.confirm').click()

  await page.getByText('Your role does not allow this any more.').waitFor()
  expect(await fetchStatus()).toBe(403)
})
