import { beforeAll, describe, expect, it } from 'vitest'
import {
  ThresholdSignatureError,
  type ThresholdSignatureErrorCode,
  ThresholdSignatureSystem,
  verifySignature,
} from '../../src/client/threshold-signature-system.ts'
import { encodeScalar, Fr, parseScalar } from '../../src/crypto/threshold/scalar.ts'
import { present } from '../../src/lib/assert.ts'
import { toHex, utf8 } from '../../src/lib/bytes.ts'
import { seededBytes } from '../crypto/threshold/support.ts'

/** The error's code and message. */
async function failure(call: () => unknown): Promise<readonly [ThresholdSignatureErrorCode, string]> {
  try {
    await call()
  } catch (error) {
    if (error instanceof ThresholdSignatureError) return [error.code, error.message]
    throw error
  }
  throw new Error('it did not fail')
}

describe('ThresholdSignatureSystem', () => {
  it('works as in the example of the requirement', async () => {
    const tss = new ThresholdSignatureSystem(3, 5)
    const keys = await tss.generateDistributedKeys()

    const message = 'Consensus proposal #123'
    const signatories = ['node-1', 'node-2', 'node-3']

    const signature = await tss.createThresholdSignature(message, signatories)
    const valid = tss.verifyThresholdSignature(message, signature)

    expect(valid).toBe(true)
    expect(tss.verifyThresholdSignature('Consensus proposal #124', signature)).toBe(false)
    expect(signature).toHaveLength(48)
    expect(keys.masterPublicKey).toEqual(tss.masterPublicKey)
    expect([...keys.publicKeyShares.keys()]).toEqual(['node-1', 'node-2', 'node-3', 'node-4', 'node-5'])
    expect(verifySignature(keys.masterPublicKey, message, signature)).toBe(true)
    expect(verifySignature(keys.masterPublicKey, message, signature.slice(1))).toBe(false)
    expect(verifySignature(signature, message, signature)).toBe(false)
  })

  describe('two of three', () => {
    const message = 'a message'
    const tss = new ThresholdSignatureSystem(2, 3, { randomBytes: seededBytes('two of three') })
    beforeAll(async () => {
      await tss.generateDistributedKeys()
    })

    it('gives one signature, whoever signs, in whatever order', async () => {
      const groups = [
        ['node-1', 'node-2'],
        ['node-3', 'node-1'],
        ['node-2', 'node-3', 'node-1'],
      ]
      const signatures = await Promise.all(groups.map(group => tss.createThresholdSignature(message, group)))
      expect(new Set(signatures.map(toHex)).size).toBe(1)
      expect(await tss.createThresholdSignature(utf8(message), ['node-1', 'node-2'])).toEqual(signatures[0])
    })

    it('refuses with the errors of the requirement, and names what else is wrong', async () => {
      const insufficient = ['INSUFFICIENT_SIGNATORIES', 'Insufficient signatories for threshold']
      expect(await failure(() => tss.createThresholdSignature(message, ['node-1']))).toEqual(insufficient)
      expect(await failure(() => tss.createThresholdSignature(message, ['node-1', 'node-1']))).toEqual(
        insufficient,
      )
      expect((await failure(() => tss.createThresholdSignature(message, ['node-1', 'node-4'])))[0]).toBe(
        'UNKNOWN_SIGNATORY',
      )
      const empty = new ThresholdSignatureSystem(2, 3)
      expect((await failure(() => empty.createThresholdSignature(message, ['node-1', 'node-2'])))[0]).toBe(
        'NO_KEYS',
      )
      expect((await failure(() => empty.verifyThresholdSignature(message, new Uint8Array(48))))[0]).toBe(
        'NO_KEYS',
      )
      for (const [threshold, parties] of [
        [0, 3],
        [4, 3],
        [1.5, 3],
        [2, 1_000],
        [1, 0],
      ] as const)
        expect((await failure(() => new ThresholdSignatureSystem(threshold, parties)))[0]).toBe(
          'INVALID_PARAMETERS',
        )
      for (const options of [{ parties: ['a', 'a', 'b'] }, { parties: ['a'] }, { nodeId: 'node-4' }])
        expect((await failure(() => new ThresholdSignatureSystem(2, 3, options)))[0]).toBe(
          'INVALID_PARAMETERS',
        )
    })

    it('sets wrong partials aside, and says when too few are right', async () => {
      const right = await tss.createThresholdSignature(message, ['node-1', 'node-2'])
      const partials = await Promise.all(
        tss.parties.map(async signatory => ({
          signatory,
          signature: await tss.createPartialSignature(
            signatory === 'node-1' ? 'another' : message,
            signatory,
          ),
        })),
      )
      expect(partials.map(partial => tss.verifyPartialSignature(message, partial))).toEqual([
        false,
        true,
        true,
      ])
      expect(tss.combinePartialSignatures(message, partials)).toEqual(right)
      const tooFew = ['INSUFFICIENT_VALID_PARTIALS', 'Insufficient valid partial signatures']
      expect(await failure(() => tss.combinePartialSignatures(message, partials.slice(0, 2)))).toEqual(tooFew)
    })
  })

  it('runs with each share in a process of its own', async () => {
    const dealer = new ThresholdSignatureSystem(2, 3, { randomBytes: seededBytes('apart') })
    const { publicPolynomial } = await dealer.generateDistributedKeys()
    const nodes = dealer.parties.map(nodeId => {
      const node = new ThresholdSignatureSystem(2, 3, { nodeId, randomBytes: seededBytes(nodeId) })
      const share = present(dealer.privateKeyShares.get(nodeId), 'a share')
      node.importKeys({ publicPolynomial, privateKeyShares: new Map([[nodeId, share]]) })
      return node
    })
    const [first, , third] = nodes as [
      ThresholdSignatureSystem,
      ThresholdSignatureSystem,
      ThresholdSignatureSystem,
    ]
    const partials = await Promise.all(
      [first, third].map(async node => ({
        signatory: node.nodeId,
        signature: await node.createPartialSignature('m'),
      })),
    )
    const signature = first.combinePartialSignatures('m', partials)
    expect(third.verifyThresholdSignature('m', signature)).toBe(true)
    expect(signature).toEqual(await dealer.createThresholdSignature('m', ['node-2', 'node-3']))
    expect((await failure(() => first.createThresholdSignature('m', ['node-1', 'node-2'])))[0]).toBe(
      'INSUFFICIENT_VALID_PARTIALS',
    )
    expect((await failure(() => first.createPartialSignature('m', 'node-2')))[0]).toBe('UNKNOWN_SIGNATORY')
    const swapped = new Map([['node-1', present(dealer.privateKeyShares.get('node-2'), 'a share')]])
    expect((await failure(() => first.importKeys({ publicPolynomial, privateKeyShares: swapped })))[0]).toBe(
      'MALFORMED_KEYS',
    )
    expect(
      (await failure(() => first.importKeys({ publicPolynomial: [], privateKeyShares: new Map() })))[0],
    ).toBe('MALFORMED_KEYS')
    expect(first.privateKeyShares.size).toBe(1)
  })

  it('renews the shares of a key that stays', async () => {
    const tss = new ThresholdSignatureSystem(2, 3, { randomBytes: seededBytes('renew') })
    const before = await tss.generateDistributedKeys()
    const shares = new Map([...tss.privateKeyShares].map(([party, share]) => [party, share.slice()]))
    const signature = await tss.createThresholdSignature('m', ['node-1', 'node-2'])
    tss.privateKeyShares.delete('node-2')
    const after = await tss.refreshKeyShares()
    expect(after.masterPublicKey).toEqual(before.masterPublicKey)
    expect(await tss.createThresholdSignature('m', ['node-2', 'node-3'])).toEqual(signature)
    for (const [party, share] of tss.privateKeyShares) expect(share).not.toEqual(shares.get(party))
    // An old share in the place of a new one is a wrong one.
    tss.privateKeyShares.set('node-1', present(shares.get('node-1'), 'a share'))
    expect((await failure(() => tss.createThresholdSignature('m', ['node-1', 'node-2'])))[0]).toBe(
      'INSUFFICIENT_VALID_PARTIALS',
    )
    tss.privateKeyShares.delete('node-2')
    expect((await failure(() => tss.refreshKeyShares()))[0]).toBe('INSUFFICIENT_SIGNATORIES')
  })

  it('has a key that is nobody’s secret: shares give it by Lagrange’s formula only', async () => {
    const tss = new ThresholdSignatureSystem(2, 2, { randomBytes: seededBytes('formula') })
    await tss.generateDistributedKeys()
    const [one, two] = ['node-1', 'node-2'].map(party =>
      present(parseScalar(tss.privateKeyShares.get(party) ?? new Uint8Array(0)), 'a share'),
    ) as [bigint, bigint]
    const whole = encodeScalar(Fr.sub(Fr.mul(2n, one), two))
    const alone = new ThresholdSignatureSystem(1, 1)
    alone.importKeys({
      publicPolynomial: [present(tss.masterPublicKey, 'a key')],
      privateKeyShares: new Map([['node-1', whole]]),
    })
    expect(await alone.createThresholdSignature('m', ['node-1'])).toEqual(
      await tss.createThresholdSignature('m', ['node-1', 'node-2']),
    )
  })
})
