import type { Defect } from './defect.ts'

const CEREMONY = 'crypto/threshold/ceremony.ts'
const IN_LOG = 'membership/key-ceremony.ts'
const ACTIVATION = 'membership/key-activation.ts'
const RULES = 'membership/key-rules.ts'
const CUSTODY = 'runtime/custody.ts'
const CERTIFIER = 'runtime/certifier.ts'

/** The network's keys: how they come to be, what the log believes of them, what members keep, and who signs. */
export const KEY_DEFECTS: readonly Defect[] = [
  {
    name: 'activation-certificate-not-checked',
    why: 'shares of which nobody knows that they sign together would take the place of those that do',
    pool: 'keys',
    enemies: ['false-endings'],
    patches: [
      {
        file: CEREMONY,
        find: '  if (!qualified.combiner.verify(activationMessage(session, qualified), certificate))\n',
        replace: '  if (certificate.length === 0)\n',
      },
    ],
  },
  {
    name: 'hand-over-not-checked',
    why: 'a key would follow another that did not sign for it',
    pool: 'rotations',
    enemies: ['false-endings'],
    patches: [
      {
        file: ACTIVATION,
        find: '  if (!verifier.verify(handoverMessage(rules.networkId, pending), oldSignature))\n',
        replace: '  if (verifier === null)\n',
      },
    ],
  },
  {
    name: 'hand-over-signed-before-it-is-fixed',
    why: 'a dealer that is convicted late changes which key follows: the old one would have signed for one that never came',
    pool: 'rotations',
    patches: [
      {
        file: 'runtime/ceremony-signatures.ts',
        find: "      wanted.push(['new', slot, messageOf('handover', session.epoch, sharing, handover)])\n",
        replace: `      wanted.push(['new', slot, messageOf('handover', session.epoch, sharing, handover)])
      const old = present(active, 'the key that hands over')
      wanted.push(['old', slot + '/old', messageOf('handover', old.epoch, old.sharing, handover)])
`,
      },
    ],
  },
  {
    name: 'complaint-without-a-proof-believed',
    why: 'one liar could convict every dealer',
    pool: 'keys',
    enemies: ['wild-key-operations', 'false-complaints'],
    patches: [
      {
        file: 'crypto/threshold/complaint.ts',
        find: "  if (sharedPoint === null) return 'wrong-complaint-proof'\n",
        replace: "  if (sharedPoint === null) return 'upheld'\n",
      },
      {
        file: 'crypto/threshold/complaint.ts',
        find: "equations(accusation, sharedPoint), complaint.proof))\n    return 'wrong-complaint-proof'",
        replace: "equations(accusation, sharedPoint), complaint.proof))\n    return 'upheld'",
      },
    ],
  },
  {
    name: 'dealt-again-without-the-old-share',
    why: 'the key would be another one; the proof of what is dealt stands behind the comparison with the old share, and is off too',
    pool: 'keys',
    enemies: ['bad-dealings'],
    patches: [
      { file: CEREMONY, find: '!equalBytes(constant, oldShare)', replace: 'constant === oldShare' },
      {
        file: CEREMONY,
        find: '  if (!verifyProof(PROOF_OF_CONSTANT, context, equations, dealing.constantProof))\n',
        replace: '  if (equations.length === 0)\n',
      },
    ],
  },
  {
    name: 'deadlines-ignored',
    why: 'a member that keeps silent would keep out every key',
    pool: 'one key',
    enemies: ['silent'],
    patches: [
      {
        file: IN_LOG,
        find: "  if (phase !== 'confirming' && elapsedMs >= deadlineMs) {\n",
        replace: '  if (elapsedMs < 0) {\n',
      },
    ],
  },
  {
    name: 'confirmations-of-all-awaited',
    why: 'a member that registers and then says nothing would keep out every key',
    pool: 'one key',
    enemies: ['false-complaints'],
    patches: [
      {
        file: IN_LOG,
        find: 'isGraceOver ? session.members - session.faultyMax : encryptionKeys.size',
        replace: 'encryptionKeys.size',
      },
    ],
  },
  {
    name: 'stalled-ceremony-never-given-up',
    why: 'members that lost their secrets have no part in what is left of a ceremony; without an end of it there would be no other one',
    pool: 'secrets lost',
    patches: [
      {
        file: IN_LOG,
        find: "  if (elapsedMs >= PHASE_DEADLINES_MAX * deadlineMs) return failCeremony(state, 'stalled')\n",
        replace: '',
      },
    ],
  },
  {
    name: 'no-time-in-an-idle-log',
    why: 'time passes in a log by entries alone: where nobody orders any, no deadline would come',
    pool: 'long phases',
    enemies: ['silent'],
    patches: [
      {
        file: 'runtime/key-duties.ts',
        find: '    if (nowMs >= dueMs && state.logTimeMs < dueMs) return',
        replace: '    if (nowMs < 0) return',
      },
    ],
  },
  {
    name: 'ceremony-begun-while-one-runs',
    why: 'whoever asks again and again could keep every ceremony from its end',
    pool: 'many ask',
    patches: [
      {
        file: RULES,
        find: "  if (ceremony !== null) return unchanged(state, 'ceremony-running')\n",
        replace: '',
      },
    ],
  },
  {
    name: 'another-key-for-one-that-asks',
    why: 'one liar could have the network make key after key',
    pool: 'few ask',
    patches: [{ file: RULES, find: 'const needed = rules.faultyMax + 1\n', replace: 'const needed = 1\n' }],
  },
  {
    name: 'key-revoked-by-f+1',
    why: 'with one honest mistake, liars could end every key',
    pool: 'few ask',
    patches: [
      {
        file: RULES,
        find: '  if (votes < rules.quorum) return',
        replace: '  if (votes < rules.faultyMax + 1) return',
      },
    ],
  },
  {
    name: 'erased-believed-while-it-is-served',
    why: 'the log would say that a share is gone which still signs',
    pool: 'keys',
    enemies: ['wild-key-operations'],
    patches: [
      { file: RULES, find: '  if (isServed || epoch >= nextEpoch', replace: '  if (epoch >= nextEpoch' },
    ],
  },
  {
    name: 'retired-shares-not-erased',
    why: 'whoever breaks into members one after the other would find a quorum of old shares',
    pool: 'keys',
    patches: [
      {
        file: CUSTODY,
        find: '        if (epoch < keys.nextEpoch && !served.has(epoch)) this.#erase(name)\n',
        replace: '',
      },
    ],
  },
  {
    name: 'secrets-of-ceremonies-not-erased',
    why: 'what opens the dealings of a ceremony opens the shares that came of it',
    pool: 'keys',
    patches: [
      {
        file: CUSTODY,
        find: '        if (rest !== running && this.#startOf(name) <= sequence) this.#erase(name)\n',
        replace: '',
      },
    ],
  },
  {
    name: 'share-erased-while-it-retires',
    why: 'what the log ordered before the new key would never be certified',
    pool: 'keys',
    patches: [
      {
        file: CUSTODY,
        find: 'const served = new Set(servedKeys(keys).map(',
        replace: 'const served = new Set(servedKeys({ ...keys, retiring: [] }).map(',
      },
    ],
  },
  {
    name: 'wrong-parts-not-looked-for',
    why: 'one liar could spoil every signature that members make together',
    pool: 'seven',
    enemies: ['wrong-partials'],
    patches: [
      {
        file: 'crypto/threshold/signature.ts',
        find: '      const wrong = findWrong(curve.hashToG1(message, SIGNATURE_DOMAIN), decoded, random)\n',
        replace:
          '      const wrong = random(1).length === 1 ? [] : findWrong(curve.hashToG1(message, SIGNATURE_DOMAIN), decoded, random)\n',
      },
    ],
  },
  {
    name: 'certificates-of-others-not-verified',
    why: 'one liar could certify whatever it likes to whoever lacks a certificate',
    pool: 'parts missed',
    enemies: ['lying-certificates'],
    patches: [
      { file: CERTIFIER, find: '      if (!valid || this.#stopped', replace: '      if (this.#stopped' },
    ],
  },
  {
    name: 'signed-by-the-key-of-the-moment',
    why: 'members that are not equally far would sign one checkpoint by different keys',
    pool: 'late checkpoints',
    patches: [
      {
        file: 'membership/key-ledger.ts',
        find: 'if (active !== null && active.activatedSequence <= sequence) return active',
        replace: 'if (active !== null) return active',
      },
    ],
  },
  {
    name: 'keys-not-restored-from-a-snapshot',
    why: 'whoever comes back by a snapshot would know of no key; that the state has the root it was checked against would tell, and is off too',
    pool: 'keys in snapshots',
    patches: [
      {
        file: 'membership/replicated-state.ts',
        find: 'const hasKeys = this.#keys?.restore(system.keys ?? []) ?? true\n',
        replace: 'const hasKeys = true\n',
      },
      {
        file: 'membership/replicated-state.ts',
        find: '      own.stateRoot === statement.stateRoot,\n',
        replace: '      own.sequence === statement.sequence,\n',
      },
    ],
  },
  {
    name: 'keys-left-out-of-the-state-root',
    why: 'a liar could tell whoever comes back by a snapshot of a key of its own, or of none',
    pool: 'keys in snapshots',
    enemies: ['altered-key-state'],
    patches: [
      {
        file: 'membership/replicated-state.ts',
        find: 'const keys = keysRoot === undefined ? [] : [keysRoot]\n',
        replace: 'const keys = keysRoot === undefined ? [] : [keysRoot.slice(32)]\n',
      },
    ],
  },
  {
    name: 'due-shares-not-dealt-again',
    why: 'whoever has no share would never get one, and what was stolen would stay of use',
    pool: 'secrets lost',
    patches: [
      {
        file: 'runtime/key-duties.ts',
        find: '  if (nowMs < active.activatedMs + times.refreshMs) return null\n',
        replace: '  if (active.epoch > 0) return null\n',
      },
    ],
  },
  {
    name: 'no-asking-for-a-share',
    why: 'whoever has no share would have none for weeks, and with a second one nobody could sign',
    pool: 'no refresh',
    patches: [
      {
        file: 'runtime/key-duties.ts',
        find: '  if (nowMs + EARLY_REFRESH_EVERY_MS >= active.activatedMs + times.refreshMs) return null\n',
        replace: '  if (nowMs > 0) return null\n',
      },
    ],
  },
  {
    name: 'strangers-order-about-keys',
    why: "whoever has any key could convict members, and vote for the end of the network's",
    pool: 'keys',
    enemies: ['strange-orders'],
    patches: [
      {
        file: 'membership/key-ledger.ts',
        find: "    if (!this.#members.has(toHex(transaction.client))) return 'batch-system-client-unknown'\n",
        replace: '',
      },
      {
        file: 'membership/key-ledger.ts',
        find: 'const member = this.#members.get(toHex(client))\n',
        replace: 'const member = this.#members.get(toHex(client)) ?? replicaId(0)\n',
      },
    ],
  },
  {
    name: 'system-transactions-by-the-own-clock',
    why: 'a member whose clock is far behind would have no part in any ceremony',
    pool: 'clocks behind',
    patches: [
      {
        file: 'runtime/system-transactions.ts',
        find: 'Math.max(clock.nowMs(), state.logTimeMs)',
        replace: 'clock.nowMs()',
      },
    ],
  },
]
