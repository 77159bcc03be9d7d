/**
 * The JSON of the API is said three times, since none of the three may know the others: as values of the node, as types of the client, and
 * as schemas for /openapi.json. The compiler holds them against each other, exactly: a field, or a word, that one of them lacks is an
 * error of `npm run typecheck` here.
 */
import { expect, it } from 'vitest'
import type { z } from 'zod'
import type * as api from '../../../src/client/api-types.ts'
import type * as key from '../../../src/client/key-types.ts'
import type * as proof from '../../../src/client/proof-types.ts'
import type { SCHEMAS } from '../../../src/interfaces/http/schemas.ts'
import type * as node from '../../../src/node/api.ts'

/** Flat, read-only and without brands all the way down, so that what is left to differ is said differently. */
type Plain<T> = T extends number
  ? number
  : T extends string | boolean | null | undefined
    ? T
    : { readonly [K in keyof T]: Plain<T[K]> }
type IsSame<A, B> =
  (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : false
/** Does not compile for what differs. */
type Same<_True extends true> = true
/** Words for programs of which there will be more: a client has to live with one that it does not know. */
type Open<T, Words> = T extends object ? { [K in keyof T]: K extends Words ? string : T[K] } : T
type Schema<Name extends keyof typeof SCHEMAS> = z.output<(typeof SCHEMAS)[Name]>

/** What a client reads is what the schemas say. */
export type ClientAndSchemas = readonly [
  Same<IsSame<api.TransactionJson, Schema<'Transaction'>>>,
  Same<IsSame<api.ErrorReplyJson, Schema<'Error'>>>,
  Same<IsSame<api.TransactionStatusJson, Schema<'TransactionStatus'>>>,
  Same<IsSame<api.BulkLineJson, Schema<'BulkLine'>>>,
  Same<IsSame<api.StateJson, Schema<'State'>>>,
  Same<IsSame<api.StatusJson, Schema<'NodeStatus'>>>,
  Same<IsSame<{ members: api.MemberJson[] }, Schema<'Members'>>>,
  Same<IsSame<{ peers: api.PeerJson[] }, Schema<'Peers'>>>,
  Same<IsSame<api.SequenceJson, Schema<'Sequence'>>>,
  Same<IsSame<api.GapJson, Schema<'Gap'>>>,
  Same<IsSame<proof.ReceiptProofJson, Schema<'ReceiptProof'>>>,
  Same<IsSame<proof.StateProofJson, Schema<'StateProof'>>>,
  Same<IsSame<proof.KeyProofJson, Schema<'KeyProof'>>>,
  Same<IsSame<proof.ThresholdCertificateJson, Schema<'ThresholdCertificate'>>>,
  Same<IsSame<key.KeysJson, Schema<'Keys'>>>,
  Same<IsSame<key.KeyRequestJson, Schema<'KeyRequest'>>>,
  Same<IsSame<key.KeyEventJson, Schema<'KeyEvent'>>>,
  Same<IsSame<key.CertificateEventJson, Schema<'CertificateEvent'>>>,
]

/** What the node gives as it is, is what a client reads. What has bytes goes through functions whose results have the client's types. */
export type NodeAndClient = readonly [
  Same<IsSame<Omit<node.NodeStatus, 'stall'>, Omit<api.StatusJson, 'stall'>>>,
  Same<IsSame<Open<node.NodeStatus['stall'], 'code'>, api.StatusJson['stall']>>,
  Same<IsSame<node.MemberStatus, api.MemberJson>>,
  Same<IsSame<node.PeerInfo, api.PeerJson>>,
  Same<IsSame<node.SequenceInfo, api.SequenceJson>>,
  Same<IsSame<Omit<node.KeysInfo, 'networkId' | 'handovers'>, Omit<key.KeysJson, 'networkId' | 'handovers'>>>,
  Same<IsSame<node.CertificateInfo, key.CertificateEventJson>>,
  Same<IsSame<Exclude<node.KeyRequestOutcome, { state: 'refused' }>, key.KeyRequestJson>>,
  Same<IsSame<Open<node.KeyEventInfo, 'phase' | 'code' | 'reason'>, key.KeyEventJson>>,
]

it('the comparison sees what it is there to see', () => {
  interface Told {
    readonly a: number
    readonly list: readonly { readonly b: 'x' | 'y' }[]
    readonly maybe?: string
  }
  const results: readonly [
    IsSame<Told, { a: number; list: { b: 'y' | 'x' }[]; maybe?: string }>,
    IsSame<Told, { a: number; list: { b: 'x' }[]; maybe?: string }>,
    IsSame<Told, { a: number; list: { b: 'x' | 'y' }[] }>,
    IsSame<Told, Told & { readonly more?: number }>,
    IsSame<Told, { a: number | null; list: { b: 'x' | 'y' }[]; maybe?: string }>,
  ] = [true, false, false, false, false]
  expect(results.filter(same => same)).toHaveLength(1)
})
