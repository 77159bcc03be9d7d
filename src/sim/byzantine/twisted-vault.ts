import type { ThresholdPorts } from '../../runtime/options.ts'

/** A vault that gives its member something else than it kept. */
export function withVault(
  ports: ThresholdPorts,
  change: (name: string, kept: Uint8Array) => Uint8Array,
): ThresholdPorts {
  const { vault } = ports
  return {
    ...ports,
    vault: {
      read(name) {
        const kept = vault.read(name)
        return kept && change(name, kept)
      },
      write: (name, secret, done) => vault.write(name, secret, done),
      erase: (name, done) => vault.erase(name, done),
      names: () => vault.names(),
    },
  }
}

/** A copy with one bit that is another. */
export function flippedAt(bytes: Uint8Array, place: number): Uint8Array {
  return bytes.map((byte, i) => (i === place ? byte ^ 1 : byte))
}
