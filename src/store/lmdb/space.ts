import { stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import type { StoreSpace } from '../store.ts'

/** Measures the file of the database and the disk that it is on. */
export async function measureSpace(directory: string): Promise<StoreSpace> {
  const [file, disk] = await Promise.all([stat(path.join(directory, 'data.mdb')), statfs(directory)])
  return {
    bytes: file.size,
    diskBytes: disk.blocks * disk.bsize,
    diskFreeBytes: disk.bavail * disk.bsize,
  }
}
