import { StorageError } from './storage-error.ts'

/** Copies bytes as they are (the machine's byte order) into floats of their own. @throws {StorageError} `storage_corrupt` */
export function float32FromBytes(bytes: Uint8Array): Float32Array {
  return new Float32Array(alignedCopy(bytes, Float32Array.BYTES_PER_ELEMENT))
}

/** @throws {StorageError} `storage_corrupt` when the length is not a multiple of 8. */
export function float64FromBytes(bytes: Uint8Array): Float64Array {
  return new Float64Array(alignedCopy(bytes, Float64Array.BYTES_PER_ELEMENT))
}

/** @throws {StorageError} `storage_corrupt` when the length is not a multiple of 4. */
export function uint32FromBytes(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(alignedCopy(bytes, Uint32Array.BYTES_PER_ELEMENT))
}

function alignedCopy(bytes: Uint8Array, bytesPerElement: number): ArrayBuffer {
  if (bytes.byteLength % bytesPerElement !== 0) {
    throw new StorageError('storage_corrupt', `A stored vector has ${bytes.byteLength} bytes, not whole numbers`)
  }
  return new Uint8Array(bytes).buffer
}
