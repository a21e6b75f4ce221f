import { open } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { onDisk } from '../../src/store/lmdb/failures.ts'

it('refuses for now what the disk has no room for, and leaves a bug a bug', async () => {
  const full = await open('/dev/full', 'w')
  const writing = onDisk(() => full.write('x'))
  const bug = onDisk(async () => {
    throw new TypeError('a bug')
  })

  await expect(writing).rejects.toMatchObject({ code: 'store_unavailable', message: expect.not.stringContaining('/') })
  await expect(bug).rejects.toThrow(TypeError)
  await full.close()
})
