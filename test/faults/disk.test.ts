import { expect, it } from 'vitest'
import { onDisk } from '../../src/store/lmdb/failures.ts'

it('refuses for now what the disk has no room for, naming no file', async () => {
  const noRoom = Object.assign(new Error("ENOSPC: no space left on device, write '/store/spool/x'"), {
    code: 'ENOSPC',
  })

  const refused = onDisk(() => Promise.reject(noRoom))

  await expect(refused).rejects.toMatchObject({
    code: 'store_unavailable',
    message: 'The store cannot be written for now; try again later.',
  })
})

it('leaves a bug a bug', async () => {
  const bug = onDisk(() => Promise.reject(new TypeError('a bug')))

  await expect(bug).rejects.toThrow(TypeError)
})
