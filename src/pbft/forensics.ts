import { sameStatement } from './conflict.ts'
import type {
  Certificate,
  Commit,
  Digest,
  NewView,
  PreparedCertificate,
  ReplicaId,
  Sequence,
  Statement,
  Verified,
  View,
  ViewChange,
} from './types.ts'
import { findNewViewFault, findViewChangeFault, type Membership } from './view-change-rules.ts'

/**
 * Who broke the protocol, from what was signed and nothing else: no clock, no order of arrival, nobody's word. Each charge stands on one
 * or two signed statements that a correct member never makes, so it convinces whoever has the public keys. After "BFT Protocol
 * Forensics" (Sheng, Wang, Nayak, Kannan, Viswanath; CCS 2021), PBFT with public keys. README.md has the argument why two different
 * commit certificates for one sequence always leave 2q-n >= f+1 members charged, and which messages must be at hand for it.
 */
export type Charge =
  /** Two digests for one sequence in one view, by PRE-PREPARE, NEW-VIEW, PREPARE or COMMIT in any combination. */
  | {
      readonly fault: 'two-votes'
      readonly replica: ReplicaId
      readonly proof: readonly [Verified, Verified]
    }
  /** Two states at one sequence, in CHECKPOINTs or as a signer of certificates. */
  | {
      readonly fault: 'two-checkpoints'
      readonly replica: ReplicaId
      readonly proof: readonly [SignedStatement, SignedStatement]
    }
  | {
      readonly fault: 'two-new-views'
      readonly replica: ReplicaId
      readonly proof: readonly [Verified<NewView>, Verified<NewView>]
    }
  /** A COMMIT, and a VIEW-CHANGE for a later view that knows nothing of it. */
  | {
      readonly fault: 'forgotten-commit'
      readonly replica: ReplicaId
      readonly proof: readonly [Verified<Commit>, Verified<ViewChange>]
    }
  | {
      readonly fault: 'invalid-view-change'
      readonly replica: ReplicaId
      readonly proof: readonly [Verified<ViewChange>]
    }
  | {
      readonly fault: 'invalid-new-view'
      readonly replica: ReplicaId
      readonly proof: readonly [Verified<NewView>]
    }

export type Fault = Charge['fault']

/** A member's signature over a statement, as in a CHECKPOINT or a certificate. */
export interface SignedStatement {
  readonly statement: Statement
  readonly signature: Uint8Array
}

/** Takes signed messages in any order, each as often as it comes; one charge of each kind is kept for a member. */
export class Forensics {
  readonly #config: Membership
  readonly #charges = new Map<string, Charge>()
  readonly #seen = new Set<string>()
  readonly #votes = new Map<
    string,
    { readonly digest: Digest; readonly message: Verified; isCommitted: boolean }
  >()
  readonly #statements = new Map<string, SignedStatement>()
  readonly #newViews = new Map<string, Verified<NewView>>()
  readonly #commits = new Map<ReplicaId, Verified<Commit>[]>()
  readonly #viewChanges = new Map<ReplicaId, Verified<ViewChange>[]>()

  constructor(config: Membership) {
    this.#config = config
  }

  /** By member, then by kind of fault. */
  get charges(): readonly Charge[] {
    return [...this.#charges.values()].sort(
      (a, b) => a.replica - b.replica || (a.fault < b.fault ? -1 : a.fault > b.fault ? 1 : 0),
    )
  }

  /** Members that are charged with anything, ascending. */
  get culprits(): readonly ReplicaId[] {
    return [...new Set(this.charges.map(({ replica }) => replica))]
  }

  /** A message with everything that it brings along. */
  add(verified: Verified): void {
    const { sender, message } = verified
    switch (message.type) {
      case 'pre-prepare':
        this.#vote(verified, message.view, message.proposal)
        return
      case 'prepare':
        this.#vote(verified, message.view, message)
        return
      case 'commit':
        return this.#commit({ ...verified, message })
      case 'checkpoint':
        return this.#statement(sender, message)
      case 'view-change':
        return this.#viewChange({ ...verified, message })
      case 'new-view':
        return this.#newView({ ...verified, message })
      case 'status':
        if (message.stable !== null) this.addCertificate(message.stable)
        return
    }
  }

  addCertificate({ statement, signatures }: Certificate): void {
    for (const { replica, signature } of signatures) this.#statement(replica, { statement, signature })
  }

  addPrepared({ prePrepare, prepares }: PreparedCertificate): void {
    const { message } = prePrepare
    // A NEW-VIEW in a certificate comes without its own proofs: it tells what was proposed, and not whether it had to be.
    if (message.type === 'new-view') this.#proposals({ ...prePrepare, message })
    else this.add(prePrepare)
    for (const prepare of prepares) this.add(prepare)
  }

  #charge(charge: Charge): void {
    const name = `${charge.replica}/${charge.fault}`
    if (!this.#charges.has(name)) this.#charges.set(name, charge)
  }

  /** @returns is this the first COMMIT of the sender for this digest that comes here? */
  #vote(
    message: Verified,
    view: View,
    { sequence, digest }: { readonly sequence: Sequence; readonly digest: Digest },
  ): boolean {
    const replica = message.sender
    const isCommit = message.message.type === 'commit'
    const name = `${replica}/${view}/${sequence}`
    const known = this.#votes.get(name)
    if (known === undefined) {
      this.#votes.set(name, { digest, message, isCommitted: isCommit })
      return isCommit
    }
    if (known.digest !== digest) {
      this.#charge({ fault: 'two-votes', replica, proof: [known.message, message] })
      return isCommit && this.#isNew(`commit/${view}/${sequence}`, replica, digest)
    }
    const isFirst = isCommit && !known.isCommitted
    if (isFirst) known.isCommitted = true
    return isFirst
  }

  #commit(commit: Verified<Commit>): void {
    const { sender: replica, message } = commit
    if (!this.#vote(commit, message.view, message)) return
    listOf(this.#commits, replica).push(commit)
    for (const viewChange of this.#viewChanges.get(replica) ?? [])
      if (isForgotten(commit, viewChange))
        this.#charge({ fault: 'forgotten-commit', replica, proof: [commit, viewChange] })
  }

  #statement(replica: ReplicaId, { statement, signature }: SignedStatement): void {
    const name = `${replica}/${statement.sequence}`
    const known = this.#statements.get(name)
    if (known === undefined) this.#statements.set(name, { statement, signature })
    else if (!sameStatement(known.statement, statement))
      this.#charge({ fault: 'two-checkpoints', replica, proof: [known, { statement, signature }] })
  }

  #viewChange(viewChange: Verified<ViewChange>): void {
    const { sender: replica, message, proof } = viewChange
    if (!this.#isNew('view-change', replica, proof.hash)) return
    if (findViewChangeFault(this.#config, message) !== null)
      this.#charge({ fault: 'invalid-view-change', replica, proof: [viewChange] })
    if (message.stable !== null) this.addCertificate(message.stable)
    for (const certificate of message.prepared) this.addPrepared(certificate)
    listOf(this.#viewChanges, replica).push(viewChange)
    for (const commit of this.#commits.get(replica) ?? [])
      if (isForgotten(commit, viewChange))
        this.#charge({ fault: 'forgotten-commit', replica, proof: [commit, viewChange] })
  }

  #newView(newView: Verified<NewView>): void {
    const { sender: replica, message, proof } = newView
    if (!this.#isNew('new-view', replica, proof.hash)) return
    for (const viewChange of message.viewChanges) this.#viewChange(viewChange)
    this.#proposals(newView)
    if (findNewViewFault(this.#config, newView) !== null)
      this.#charge({ fault: 'invalid-new-view', replica, proof: [newView] })
    const name = `${replica}/${message.view}`
    const known = this.#newViews.get(name)
    if (known === undefined) this.#newViews.set(name, newView)
    else if (known.proof.hash !== proof.hash)
      this.#charge({ fault: 'two-new-views', replica, proof: [known, newView] })
  }

  #proposals(newView: Verified<NewView>): void {
    for (const proposal of newView.message.proposals) this.#vote(newView, newView.message.view, proposal)
  }

  #isNew(what: string, replica: ReplicaId, hash: Digest): boolean {
    const name = `${what}/${replica}/${hash}`
    if (this.#seen.has(name)) return false
    this.#seen.add(name)
    return true
  }
}

/**
 * Whoever said COMMIT had a prepared certificate, and carries it, or one of a later view, in every VIEW-CHANGE until a stable checkpoint
 * covers the sequence. OSDI'99 §4.4.
 */
export function isForgotten(
  { message: commit }: Verified<Commit>,
  { message }: Verified<ViewChange>,
): boolean {
  if (message.view <= commit.view) return false
  if ((message.stable?.statement.sequence ?? 0) >= commit.sequence) return false
  return !message.prepared.some(
    ({ view, proposal }) =>
      proposal.sequence === commit.sequence &&
      (view > commit.view || (view === commit.view && proposal.digest === commit.digest)),
  )
}

function listOf<K, V>(lists: Map<K, V[]>, key: K): V[] {
  const known = lists.get(key)
  if (known !== undefined) return known
  const list: V[] = []
  lists.set(key, list)
  return list
}
