import type { Signer, Topic } from '../../src/runtime/ports.ts'
import {
  batch,
  emptyProposalDigest,
  envelope,
  hashOf,
  NOBODY,
  prePrepare,
  random,
  status,
  vote,
} from './forge.ts'
import type { Victims } from './victims.ts'

export interface Costly {
  readonly name: string
  readonly topic: Topic
  make(victims: Victims, signer: Signer, index?: number): readonly Uint8Array[]
}

export const COSTLY: readonly Costly[] = [
  {
    name: 'certificates that all name one envelope full of votes',
    topic: 'consensus',
    make({ scope }, signer, index = 1) {
      const votes = Array.from({ length: 2_000 }, (_, i) => ({ prepare: vote(0, 2 + i, new Uint8Array(32)) }))
      const proposal = prePrepare(0, 1, [], 1)
      const target = envelope(scope, signer, {
        sender: index,
        messages: [...votes, proposal, { prepare: vote(0, 1, emptyProposalDigest(scope, 1, 1)) }],
      })
      const name = hashOf(target)
      const digest = Uint8Array.from(emptyProposalDigest(scope, 1, 1))
      const prepared = Array.from({ length: 500 }, () => ({
        view: 0,
        sequence: 1,
        digest,
        prePrepare: name,
        prepares: Array.from({ length: 40 }, () => name),
      }))
      return [
        envelope(scope, signer, {
          sender: index,
          messages: [{ viewChange: { view: 1, prepared } }],
          attachments: [target],
        }),
      ]
    },
  },
  {
    name: 'certificates that all name one NEW-VIEW full of proposals',
    topic: 'consensus',
    make({ scope }, signer, index = 1) {
      const proposals = Array.from({ length: 10_000 }, (_, i) => ({
        sequence: 1 + i,
        batchDigests: [],
        logTimeMs: 1,
        certify: false,
      }))
      const target = envelope(scope, signer, {
        sender: index,
        messages: [{ newView: { view: 1, viewChanges: [], proposals } }],
      })
      const digest = Uint8Array.from(emptyProposalDigest(scope, 10_000, 1))
      const prepared = Array.from({ length: 5_000 }, () => ({
        view: 1,
        sequence: 10_000,
        digest,
        prePrepare: hashOf(target),
        prepares: [],
      }))
      return [
        envelope(scope, signer, {
          sender: index,
          messages: [{ viewChange: { view: 2, prepared } }],
          attachments: [target],
        }),
      ]
    },
  },
  {
    name: 'envelopes that name themselves and each other',
    topic: 'consensus',
    make({ scope }, signer, index = 1) {
      const inner = Array.from({ length: 500 }, (_, i) =>
        envelope(scope, signer, {
          sender: index,
          messages: [{ newView: { view: 1 + i, viewChanges: [random(32)], proposals: [] } }],
        }),
      )
      const outer = { newView: { view: 1, viewChanges: inner.map(hashOf), proposals: [] } }
      return Array.from({ length: 8 }, () =>
        envelope(scope, signer, {
          sender: index,
          messages: Array.from({ length: 50 }, () => outer),
          attachments: [...inner, ...inner],
        }),
      )
    },
  },
  {
    name: 'batches of thousands of signatures',
    topic: 'batch',
    make(victims, signer, index = 1) {
      const client = victims.client()
      return Array.from({ length: 12 }, () =>
        batch(victims.scope, signer, index, client, { count: 1_500, wrongClient: true }),
      )
    },
  },
]

/** With a member's signature the cheap checks are passed. */
export const COSTLY_SIGNED: readonly Costly[] = [
  {
    name: 'checkpoints with wrong signatures by the thousand',
    topic: 'consensus',
    make({ scope }, signer, index = 1) {
      const statement = (n: number) => ({
        epoch: 0,
        sequence: n,
        historyDigest: new Uint8Array(32),
        stateRoot: new Uint8Array(32),
        membersHash: new Uint8Array(32),
        logTimeMs: 1,
      })
      return Array.from({ length: 40 }, (_, k) => {
        const messages = Array.from({ length: 2_000 }, (_, i) => ({
          checkpoint: { statement: statement(1 + i + 2_000 * k), signature: random(64) },
        }))
        return envelope(scope, signer, { sender: index, messages })
      })
    },
  },
  {
    name: 'forged attachments by the thousand',
    topic: 'consensus',
    make({ scope }, signer, index = 1) {
      return Array.from({ length: 20 }, () => {
        const attachments = Array.from({ length: 2_000 }, () =>
          envelope(scope, NOBODY, { sender: (index + 1) % 4, messages: [] }),
        )
        return envelope(scope, signer, { sender: index, messages: [status()], attachments })
      })
    },
  },
]
