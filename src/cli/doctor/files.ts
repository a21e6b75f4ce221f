import { lstat, readdir, statfs } from 'node:fs/promises'
import path from 'node:path'
import { fileMode, folderMode, spoolFolder } from '../../store/lmdb/directory.ts'
import { findingsOf, listText, sizeText, type Finding } from './finding.ts'

const rights = findingsOf('rights')
const disk = findingsOf('disk')

interface Entry {
  readonly file: string
  readonly mode: number
  readonly uid: number
}

/** Finds files of the store that others may read or write, and files that belong to another than the rest. */
export async function judgeRights(directory: string): Promise<Finding[]> {
  const entries = await listEntries(directory)
  const open = entries.filter(({ mode }) => (mode & 0o077) !== 0).map(({ file }) => file)
  const owner = entries[0]?.uid
  const strange = entries.filter(({ uid }) => uid !== owner).map(({ file }) => file)
  const found: Finding[] = []
  if (open.length > 0) {
    found.push(
      rights.problem(
        `others than the owner have rights on ${listText(open)}`,
        `chmod ${folderMode.toString(8)} folders, chmod ${fileMode.toString(8)} files; ` +
          'a start does so for the database',
      ),
    )
  }
  if (strange.length > 0) {
    found.push(
      rights.problem(
        `${listText(strange)} belong to another user than ${directory}`,
        `chown -R ${owner} ${directory}, while no server runs`,
      ),
    )
  }
  const uid = process.getuid?.()
  if (uid !== undefined && uid !== 0 && owner !== undefined && uid !== owner) {
    const todo = 'run this as that user, and the server too'
    found.push(rights.warning(`${directory} belongs to user ${owner}, and you are ${uid}`, todo))
  }
  return found.length > 0 ? found : [rights.ok('directory and files are the owner’s alone')]
}

/** The directory first, then what is in it. */
async function listEntries(directory: string): Promise<Entry[]> {
  const files = [directory]
  for (const folder of [directory, path.join(directory, spoolFolder)]) {
    const names = await readdir(folder).catch(() => [])
    files.push(...names.map((name) => path.join(folder, name)))
  }
  const entries = await Promise.all(
    files.map(async (file) => {
      const found = await lstat(file).catch(() => undefined)
      // Uploads come and go; what is neither file nor folder of ours has no rights to speak of.
      return found && !found.isSymbolicLink() ? [{ file, mode: found.mode, uid: found.uid }] : []
    }),
  )
  return entries.flat()
}

/** File systems that reach over a network, by what `statfs` calls them. */
const networkTypes = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x00c36400, 'Ceph'],
  [0x01021997, '9P'],
])

/** Finds a disk that is full, nearly so, or no local one. */
export async function judgeDisk(directory: string, uploadBytesMax: number): Promise<Finding[]> {
  const { bavail, blocks, bsize, ffree, files, type } = await statfs(directory)
  const free = bavail * bsize
  const share = bavail / blocks
  const room = `${sizeText(free)} free of ${sizeText(blocks * bsize)}`
  const found: Finding[] = []
  const network = networkTypes.get(type >>> 0)
  if (network !== undefined) {
    found.push(
      disk.problem(
        `the store is on ${network}: LMDB needs a local file system, which keeps its promises`,
        'stop the server and move the directory to a disk of this machine',
      ),
    )
  }
  if (share < 0.05 || free < uploadBytesMax) {
    const why =
      free < uploadBytesMax ? `less than one upload may have (${sizeText(uploadBytesMax)})` : 'below 5 %'
    found.push(
      disk.problem(
        `${room}: ${why}`,
        'make room, or move the store to a larger disk; writes are refused when it is full',
      ),
    )
  } else if (share < 0.15) {
    found.push(disk.warning(`${room}: below 15 %`, 'plan for a larger disk; the database never shrinks'))
  }
  if (files > 0 && ffree < 1_000)
    found.push(
      disk.problem(`${ffree} files more can be made on the disk`, 'remove files that are not needed'),
    )
  return found.length > 0 ? found : [disk.ok(room)]
}
