import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface TransactionFields {
  client: Uint8Array<ArrayBuffer>
  timestampMs: number
  nonce: number
  operation: Uint8Array<ArrayBuffer>
  signature: Uint8Array<ArrayBuffer>
  kind: number
}

export namespace TransactionFields {
  let _codec: Codec<TransactionFields>

  export const codec = (): Codec<TransactionFields> => {
    if (_codec == null) {
      _codec = message<TransactionFields>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.client != null && obj.client.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.client)
        }

        if ((obj.timestampMs != null && obj.timestampMs !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.timestampMs)
        }

        if ((obj.nonce != null && obj.nonce !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.nonce)
        }

        if ((obj.operation != null && obj.operation.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.operation)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.signature)
        }

        if ((obj.kind != null && obj.kind !== 0)) {
          w.uint32(48)
          w.uint32(obj.kind)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          client: uint8ArrayAlloc(0),
          timestampMs: 0,
          nonce: 0,
          operation: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0),
          kind: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.client = reader.bytes()
              break
            }
            case 2: {
              obj.timestampMs = reader.uint64Number()
              break
            }
            case 3: {
              obj.nonce = reader.uint64Number()
              break
            }
            case 4: {
              obj.operation = reader.bytes()
              break
            }
            case 5: {
              obj.signature = reader.bytes()
              break
            }
            case 6: {
              obj.kind = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.client`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.timestampMs`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.nonce`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.operation`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.kind`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface TransactionFieldsClientFieldEvent {
    field: '$.client'
    value: Uint8Array<ArrayBuffer>
  }

  export interface TransactionFieldsTimestampMsFieldEvent {
    field: '$.timestampMs'
    value: number
  }

  export interface TransactionFieldsNonceFieldEvent {
    field: '$.nonce'
    value: number
  }

  export interface TransactionFieldsOperationFieldEvent {
    field: '$.operation'
    value: Uint8Array<ArrayBuffer>
  }

  export interface TransactionFieldsSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface TransactionFieldsKindFieldEvent {
    field: '$.kind'
    value: number
  }

  export function encode (obj: Partial<TransactionFields>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, TransactionFields.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TransactionFields>): TransactionFields {
    return decodeMessage(buf, TransactionFields.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TransactionFields>): Generator<TransactionFieldsClientFieldEvent | TransactionFieldsTimestampMsFieldEvent | TransactionFieldsNonceFieldEvent | TransactionFieldsOperationFieldEvent | TransactionFieldsSignatureFieldEvent | TransactionFieldsKindFieldEvent> {
    return streamMessage(buf, TransactionFields.codec(), opts)
  }
}

export interface BatchBody {
  epoch: number
  author: number
  transactions: TransactionFields[]
}

export namespace BatchBody {
  let _codec: Codec<BatchBody>

  export const codec = (): Codec<BatchBody> => {
    if (_codec == null) {
      _codec = message<BatchBody>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(8)
          w.uint32(obj.epoch)
        }

        if ((obj.author != null && obj.author !== 0)) {
          w.uint32(16)
          w.uint32(obj.author)
        }

        if (obj.transactions != null && obj.transactions.length > 0) {
          for (const value of obj.transactions) {
            w.uint32(26)
            TransactionFields.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          epoch: 0,
          author: 0,
          transactions: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.epoch = reader.uint32()
              break
            }
            case 2: {
              obj.author = reader.uint32()
              break
            }
            case 3: {
              if (opts.limits?.transactions != null && obj.transactions.length === opts.limits.transactions) {
                throw new MaxLengthError('Decode error - repeated field "transactions" had too many elements')
              }

              obj.transactions.push(TransactionFields.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.transactions$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          transactions: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.epoch`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.author`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              if (opts.limits?.transactions != null && obj.transactions === opts.limits.transactions) {
                throw new MaxLengthError('Streaming decode error - repeated field "transactions" had too many elements')
              }

              for (const evt of TransactionFields.codec().stream(reader, reader.uint32(), `${prefix}.transactions[]`, {
                limits: opts.limits?.transactions$
              })) {
                yield {
                  ...evt,
                  index: obj.transactions
                }
              }

              obj.transactions++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface BatchBodyEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface BatchBodyAuthorFieldEvent {
    field: '$.author'
    value: number
  }

  export interface BatchBodyTransactionsClientFieldEvent {
    field: '$.transactions[].client'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface BatchBodyTransactionsTimestampMsFieldEvent {
    field: '$.transactions[].timestampMs'
    value: number
    index: number
  }

  export interface BatchBodyTransactionsNonceFieldEvent {
    field: '$.transactions[].nonce'
    value: number
    index: number
  }

  export interface BatchBodyTransactionsOperationFieldEvent {
    field: '$.transactions[].operation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface BatchBodyTransactionsSignatureFieldEvent {
    field: '$.transactions[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface BatchBodyTransactionsKindFieldEvent {
    field: '$.transactions[].kind'
    value: number
    index: number
  }

  export function encode (obj: Partial<BatchBody>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, BatchBody.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BatchBody>): BatchBody {
    return decodeMessage(buf, BatchBody.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BatchBody>): Generator<BatchBodyEpochFieldEvent | BatchBodyAuthorFieldEvent | BatchBodyTransactionsClientFieldEvent | BatchBodyTransactionsTimestampMsFieldEvent | BatchBodyTransactionsNonceFieldEvent | BatchBodyTransactionsOperationFieldEvent | BatchBodyTransactionsSignatureFieldEvent | BatchBodyTransactionsKindFieldEvent> {
    return streamMessage(buf, BatchBody.codec(), opts)
  }
}

export interface SignedBatch {
  body: Uint8Array<ArrayBuffer>
  signature: Uint8Array<ArrayBuffer>
  attempt: number
}

export namespace SignedBatch {
  let _codec: Codec<SignedBatch>

  export const codec = (): Codec<SignedBatch> => {
    if (_codec == null) {
      _codec = message<SignedBatch>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.body != null && obj.body.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.body)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.signature)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(24)
          w.uint32(obj.attempt)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          body: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0),
          attempt: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.body = reader.bytes()
              break
            }
            case 2: {
              obj.signature = reader.bytes()
              break
            }
            case 3: {
              obj.attempt = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.body`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SignedBatchBodyFieldEvent {
    field: '$.body'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SignedBatchSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SignedBatchAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export function encode (obj: Partial<SignedBatch>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SignedBatch.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedBatch>): SignedBatch {
    return decodeMessage(buf, SignedBatch.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedBatch>): Generator<SignedBatchBodyFieldEvent | SignedBatchSignatureFieldEvent | SignedBatchAttemptFieldEvent> {
    return streamMessage(buf, SignedBatch.codec(), opts)
  }
}

export interface SignedEnvelope {
  body: Uint8Array<ArrayBuffer>
  signature: Uint8Array<ArrayBuffer>
  attachments: Uint8Array<ArrayBuffer>[]
}

export namespace SignedEnvelope {
  let _codec: Codec<SignedEnvelope>

  export const codec = (): Codec<SignedEnvelope> => {
    if (_codec == null) {
      _codec = message<SignedEnvelope>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.body != null && obj.body.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.body)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.signature)
        }

        if (obj.attachments != null && obj.attachments.length > 0) {
          for (const value of obj.attachments) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          body: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0),
          attachments: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.body = reader.bytes()
              break
            }
            case 2: {
              obj.signature = reader.bytes()
              break
            }
            case 3: {
              if (opts.limits?.attachments != null && obj.attachments.length === opts.limits.attachments) {
                throw new MaxLengthError('Decode error - repeated field "attachments" had too many elements')
              }

              obj.attachments.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          attachments: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.body`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              if (opts.limits?.attachments != null && obj.attachments === opts.limits.attachments) {
                throw new MaxLengthError('Streaming decode error - repeated field "attachments" had too many elements')
              }

              yield {
                field: `${prefix}.attachments[]`,
                index: obj.attachments,
                value: reader.bytes()
              }

              obj.attachments++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SignedEnvelopeBodyFieldEvent {
    field: '$.body'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SignedEnvelopeSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SignedEnvelopeAttachmentsFieldEvent {
    field: '$.attachments[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<SignedEnvelope>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SignedEnvelope.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedEnvelope>): SignedEnvelope {
    return decodeMessage(buf, SignedEnvelope.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedEnvelope>): Generator<SignedEnvelopeBodyFieldEvent | SignedEnvelopeSignatureFieldEvent | SignedEnvelopeAttachmentsFieldEvent> {
    return streamMessage(buf, SignedEnvelope.codec(), opts)
  }
}

export interface EnvelopeBody {
  epoch: number
  sender: number
  number: number
  messages: WireMessage[]
}

export namespace EnvelopeBody {
  let _codec: Codec<EnvelopeBody>

  export const codec = (): Codec<EnvelopeBody> => {
    if (_codec == null) {
      _codec = message<EnvelopeBody>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(8)
          w.uint32(obj.epoch)
        }

        if ((obj.sender != null && obj.sender !== 0)) {
          w.uint32(16)
          w.uint32(obj.sender)
        }

        if ((obj.number != null && obj.number !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.number)
        }

        if (obj.messages != null && obj.messages.length > 0) {
          for (const value of obj.messages) {
            w.uint32(34)
            WireMessage.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          epoch: 0,
          sender: 0,
          number: 0,
          messages: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.epoch = reader.uint32()
              break
            }
            case 2: {
              obj.sender = reader.uint32()
              break
            }
            case 3: {
              obj.number = reader.uint64Number()
              break
            }
            case 4: {
              if (opts.limits?.messages != null && obj.messages.length === opts.limits.messages) {
                throw new MaxLengthError('Decode error - repeated field "messages" had too many elements')
              }

              obj.messages.push(WireMessage.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.messages$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          messages: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.epoch`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sender`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.number`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              if (opts.limits?.messages != null && obj.messages === opts.limits.messages) {
                throw new MaxLengthError('Streaming decode error - repeated field "messages" had too many elements')
              }

              for (const evt of WireMessage.codec().stream(reader, reader.uint32(), `${prefix}.messages[]`, {
                limits: opts.limits?.messages$
              })) {
                yield {
                  ...evt,
                  index: obj.messages
                }
              }

              obj.messages++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EnvelopeBodyEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface EnvelopeBodySenderFieldEvent {
    field: '$.sender'
    value: number
  }

  export interface EnvelopeBodyNumberFieldEvent {
    field: '$.number'
    value: number
  }

  export interface EnvelopeBodyMessagesPrePrepareViewFieldEvent {
    field: '$.messages[].prePrepare.view'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesPrePrepareProposalSequenceFieldEvent {
    field: '$.messages[].prePrepare.proposal.sequence'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesPrePrepareProposalBatchDigestsFieldEvent {
    field: '$.messages[].prePrepare.proposal.batchDigests[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface EnvelopeBodyMessagesPrePrepareProposalLogTimeMsFieldEvent {
    field: '$.messages[].prePrepare.proposal.logTimeMs'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesPrePrepareProposalCertifyFieldEvent {
    field: '$.messages[].prePrepare.proposal.certify'
    value: boolean
    index: number
  }

  export interface EnvelopeBodyMessagesPrepareViewFieldEvent {
    field: '$.messages[].prepare.view'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesPrepareSequenceFieldEvent {
    field: '$.messages[].prepare.sequence'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesPrepareDigestFieldEvent {
    field: '$.messages[].prepare.digest'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesCommitViewFieldEvent {
    field: '$.messages[].commit.view'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesCommitSequenceFieldEvent {
    field: '$.messages[].commit.sequence'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesCommitDigestFieldEvent {
    field: '$.messages[].commit.digest'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesCheckpointStatementEpochFieldEvent {
    field: '$.messages[].checkpoint.statement.epoch'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesCheckpointStatementSequenceFieldEvent {
    field: '$.messages[].checkpoint.statement.sequence'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesCheckpointStatementHistoryDigestFieldEvent {
    field: '$.messages[].checkpoint.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesCheckpointStatementStateRootFieldEvent {
    field: '$.messages[].checkpoint.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesCheckpointStatementMembersHashFieldEvent {
    field: '$.messages[].checkpoint.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesCheckpointStatementLogTimeMsFieldEvent {
    field: '$.messages[].checkpoint.statement.logTimeMs'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesCheckpointSignatureFieldEvent {
    field: '$.messages[].checkpoint.signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangeViewFieldEvent {
    field: '$.messages[].viewChange.view'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangeStableStatementEpochFieldEvent {
    field: '$.messages[].viewChange.stable.statement.epoch'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangeStableStatementSequenceFieldEvent {
    field: '$.messages[].viewChange.stable.statement.sequence'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangeStableStatementHistoryDigestFieldEvent {
    field: '$.messages[].viewChange.stable.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangeStableStatementStateRootFieldEvent {
    field: '$.messages[].viewChange.stable.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangeStableStatementMembersHashFieldEvent {
    field: '$.messages[].viewChange.stable.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangeStableStatementLogTimeMsFieldEvent {
    field: '$.messages[].viewChange.stable.statement.logTimeMs'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangeStableSignaturesReplicaFieldEvent {
    field: '$.messages[].viewChange.stable.signatures[].replica'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangeStableSignaturesSignatureFieldEvent {
    field: '$.messages[].viewChange.stable.signatures[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangePreparedViewFieldEvent {
    field: '$.messages[].viewChange.prepared[].view'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangePreparedSequenceFieldEvent {
    field: '$.messages[].viewChange.prepared[].sequence'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangePreparedDigestFieldEvent {
    field: '$.messages[].viewChange.prepared[].digest'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangePreparedPrePrepareFieldEvent {
    field: '$.messages[].viewChange.prepared[].prePrepare'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesViewChangePreparedPreparesFieldEvent {
    field: '$.messages[].viewChange.prepared[].prepares[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface EnvelopeBodyMessagesNewViewViewFieldEvent {
    field: '$.messages[].newView.view'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesNewViewViewChangesFieldEvent {
    field: '$.messages[].newView.viewChanges[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface EnvelopeBodyMessagesNewViewProposalsSequenceFieldEvent {
    field: '$.messages[].newView.proposals[].sequence'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesNewViewProposalsBatchDigestsFieldEvent {
    field: '$.messages[].newView.proposals[].batchDigests[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface EnvelopeBodyMessagesNewViewProposalsLogTimeMsFieldEvent {
    field: '$.messages[].newView.proposals[].logTimeMs'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesNewViewProposalsCertifyFieldEvent {
    field: '$.messages[].newView.proposals[].certify'
    value: boolean
    index: number
  }

  export interface EnvelopeBodyMessagesStatusViewFieldEvent {
    field: '$.messages[].status.view'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesStatusViewActiveFieldEvent {
    field: '$.messages[].status.viewActive'
    value: boolean
    index: number
  }

  export interface EnvelopeBodyMessagesStatusStableSequenceFieldEvent {
    field: '$.messages[].status.stableSequence'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesStatusExecutedSequenceFieldEvent {
    field: '$.messages[].status.executedSequence'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesStatusVotedSequenceFieldEvent {
    field: '$.messages[].status.votedSequence'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesStatusRecoveringFieldEvent {
    field: '$.messages[].status.recovering'
    value: boolean
    index: number
  }

  export interface EnvelopeBodyMessagesStatusStableStatementEpochFieldEvent {
    field: '$.messages[].status.stable.statement.epoch'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesStatusStableStatementSequenceFieldEvent {
    field: '$.messages[].status.stable.statement.sequence'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesStatusStableStatementHistoryDigestFieldEvent {
    field: '$.messages[].status.stable.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesStatusStableStatementStateRootFieldEvent {
    field: '$.messages[].status.stable.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesStatusStableStatementMembersHashFieldEvent {
    field: '$.messages[].status.stable.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesStatusStableStatementLogTimeMsFieldEvent {
    field: '$.messages[].status.stable.statement.logTimeMs'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesStatusStableSignaturesReplicaFieldEvent {
    field: '$.messages[].status.stable.signatures[].replica'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesStatusStableSignaturesSignatureFieldEvent {
    field: '$.messages[].status.stable.signatures[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface EnvelopeBodyMessagesStatusQuestionFieldEvent {
    field: '$.messages[].status.question'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesStatusAnswersFieldEvent {
    field: '$.messages[].status.answers'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesStatusDeparturesReplicaFieldEvent {
    field: '$.messages[].status.departures[].replica'
    value: number
    index: number
  }

  export interface EnvelopeBodyMessagesStatusDeparturesViewFieldEvent {
    field: '$.messages[].status.departures[].view'
    value: number
    index: number
  }

  export function encode (obj: Partial<EnvelopeBody>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, EnvelopeBody.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EnvelopeBody>): EnvelopeBody {
    return decodeMessage(buf, EnvelopeBody.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EnvelopeBody>): Generator<EnvelopeBodyEpochFieldEvent | EnvelopeBodySenderFieldEvent | EnvelopeBodyNumberFieldEvent | EnvelopeBodyMessagesPrePrepareViewFieldEvent | EnvelopeBodyMessagesPrePrepareProposalSequenceFieldEvent | EnvelopeBodyMessagesPrePrepareProposalBatchDigestsFieldEvent | EnvelopeBodyMessagesPrePrepareProposalLogTimeMsFieldEvent | EnvelopeBodyMessagesPrePrepareProposalCertifyFieldEvent | EnvelopeBodyMessagesPrepareViewFieldEvent | EnvelopeBodyMessagesPrepareSequenceFieldEvent | EnvelopeBodyMessagesPrepareDigestFieldEvent | EnvelopeBodyMessagesCommitViewFieldEvent | EnvelopeBodyMessagesCommitSequenceFieldEvent | EnvelopeBodyMessagesCommitDigestFieldEvent | EnvelopeBodyMessagesCheckpointStatementEpochFieldEvent | EnvelopeBodyMessagesCheckpointStatementSequenceFieldEvent | EnvelopeBodyMessagesCheckpointStatementHistoryDigestFieldEvent | EnvelopeBodyMessagesCheckpointStatementStateRootFieldEvent | EnvelopeBodyMessagesCheckpointStatementMembersHashFieldEvent | EnvelopeBodyMessagesCheckpointStatementLogTimeMsFieldEvent | EnvelopeBodyMessagesCheckpointSignatureFieldEvent | EnvelopeBodyMessagesViewChangeViewFieldEvent | EnvelopeBodyMessagesViewChangeStableStatementEpochFieldEvent | EnvelopeBodyMessagesViewChangeStableStatementSequenceFieldEvent | EnvelopeBodyMessagesViewChangeStableStatementHistoryDigestFieldEvent | EnvelopeBodyMessagesViewChangeStableStatementStateRootFieldEvent | EnvelopeBodyMessagesViewChangeStableStatementMembersHashFieldEvent | EnvelopeBodyMessagesViewChangeStableStatementLogTimeMsFieldEvent | EnvelopeBodyMessagesViewChangeStableSignaturesReplicaFieldEvent | EnvelopeBodyMessagesViewChangeStableSignaturesSignatureFieldEvent | EnvelopeBodyMessagesViewChangePreparedViewFieldEvent | EnvelopeBodyMessagesViewChangePreparedSequenceFieldEvent | EnvelopeBodyMessagesViewChangePreparedDigestFieldEvent | EnvelopeBodyMessagesViewChangePreparedPrePrepareFieldEvent | EnvelopeBodyMessagesViewChangePreparedPreparesFieldEvent | EnvelopeBodyMessagesNewViewViewFieldEvent | EnvelopeBodyMessagesNewViewViewChangesFieldEvent | EnvelopeBodyMessagesNewViewProposalsSequenceFieldEvent | EnvelopeBodyMessagesNewViewProposalsBatchDigestsFieldEvent | EnvelopeBodyMessagesNewViewProposalsLogTimeMsFieldEvent | EnvelopeBodyMessagesNewViewProposalsCertifyFieldEvent | EnvelopeBodyMessagesStatusViewFieldEvent | EnvelopeBodyMessagesStatusViewActiveFieldEvent | EnvelopeBodyMessagesStatusStableSequenceFieldEvent | EnvelopeBodyMessagesStatusExecutedSequenceFieldEvent | EnvelopeBodyMessagesStatusVotedSequenceFieldEvent | EnvelopeBodyMessagesStatusRecoveringFieldEvent | EnvelopeBodyMessagesStatusStableStatementEpochFieldEvent | EnvelopeBodyMessagesStatusStableStatementSequenceFieldEvent | EnvelopeBodyMessagesStatusStableStatementHistoryDigestFieldEvent | EnvelopeBodyMessagesStatusStableStatementStateRootFieldEvent | EnvelopeBodyMessagesStatusStableStatementMembersHashFieldEvent | EnvelopeBodyMessagesStatusStableStatementLogTimeMsFieldEvent | EnvelopeBodyMessagesStatusStableSignaturesReplicaFieldEvent | EnvelopeBodyMessagesStatusStableSignaturesSignatureFieldEvent | EnvelopeBodyMessagesStatusQuestionFieldEvent | EnvelopeBodyMessagesStatusAnswersFieldEvent | EnvelopeBodyMessagesStatusDeparturesReplicaFieldEvent | EnvelopeBodyMessagesStatusDeparturesViewFieldEvent> {
    return streamMessage(buf, EnvelopeBody.codec(), opts)
  }
}

export interface WireMessage {
  prePrepare?: WirePrePrepare
  prepare?: WireVote
  commit?: WireVote
  checkpoint?: WireCheckpoint
  viewChange?: WireViewChange
  newView?: WireNewView
  status?: WireStatus
}

export namespace WireMessage {
  let _codec: Codec<WireMessage>

  export const codec = (): Codec<WireMessage> => {
    if (_codec == null) {
      _codec = message<WireMessage>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.prePrepare != null) {
          w.uint32(10)
          WirePrePrepare.codec().encode(obj.prePrepare, w)
        }

        if (obj.prepare != null) {
          w.uint32(18)
          WireVote.codec().encode(obj.prepare, w)
        }

        if (obj.commit != null) {
          w.uint32(26)
          WireVote.codec().encode(obj.commit, w)
        }

        if (obj.checkpoint != null) {
          w.uint32(34)
          WireCheckpoint.codec().encode(obj.checkpoint, w)
        }

        if (obj.viewChange != null) {
          w.uint32(42)
          WireViewChange.codec().encode(obj.viewChange, w)
        }

        if (obj.newView != null) {
          w.uint32(50)
          WireNewView.codec().encode(obj.newView, w)
        }

        if (obj.status != null) {
          w.uint32(58)
          WireStatus.codec().encode(obj.status, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.prePrepare = WirePrePrepare.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prePrepare
              })
              break
            }
            case 2: {
              obj.prepare = WireVote.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prepare
              })
              break
            }
            case 3: {
              obj.commit = WireVote.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.commit
              })
              break
            }
            case 4: {
              obj.checkpoint = WireCheckpoint.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.checkpoint
              })
              break
            }
            case 5: {
              obj.viewChange = WireViewChange.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.viewChange
              })
              break
            }
            case 6: {
              obj.newView = WireNewView.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.newView
              })
              break
            }
            case 7: {
              obj.status = WireStatus.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.status
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * WirePrePrepare.codec().stream(reader, reader.uint32(), `${prefix}.prePrepare`, {
                limits: opts.limits?.prePrepare
              })

              break
            }
            case 2: {
              yield * WireVote.codec().stream(reader, reader.uint32(), `${prefix}.prepare`, {
                limits: opts.limits?.prepare
              })

              break
            }
            case 3: {
              yield * WireVote.codec().stream(reader, reader.uint32(), `${prefix}.commit`, {
                limits: opts.limits?.commit
              })

              break
            }
            case 4: {
              yield * WireCheckpoint.codec().stream(reader, reader.uint32(), `${prefix}.checkpoint`, {
                limits: opts.limits?.checkpoint
              })

              break
            }
            case 5: {
              yield * WireViewChange.codec().stream(reader, reader.uint32(), `${prefix}.viewChange`, {
                limits: opts.limits?.viewChange
              })

              break
            }
            case 6: {
              yield * WireNewView.codec().stream(reader, reader.uint32(), `${prefix}.newView`, {
                limits: opts.limits?.newView
              })

              break
            }
            case 7: {
              yield * WireStatus.codec().stream(reader, reader.uint32(), `${prefix}.status`, {
                limits: opts.limits?.status
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireMessagePrePrepareViewFieldEvent {
    field: '$.prePrepare.view'
    value: number
  }

  export interface WireMessagePrePrepareProposalSequenceFieldEvent {
    field: '$.prePrepare.proposal.sequence'
    value: number
  }

  export interface WireMessagePrePrepareProposalBatchDigestsFieldEvent {
    field: '$.prePrepare.proposal.batchDigests[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessagePrePrepareProposalLogTimeMsFieldEvent {
    field: '$.prePrepare.proposal.logTimeMs'
    value: number
  }

  export interface WireMessagePrePrepareProposalCertifyFieldEvent {
    field: '$.prePrepare.proposal.certify'
    value: boolean
  }

  export interface WireMessagePrepareViewFieldEvent {
    field: '$.prepare.view'
    value: number
  }

  export interface WireMessagePrepareSequenceFieldEvent {
    field: '$.prepare.sequence'
    value: number
  }

  export interface WireMessagePrepareDigestFieldEvent {
    field: '$.prepare.digest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageCommitViewFieldEvent {
    field: '$.commit.view'
    value: number
  }

  export interface WireMessageCommitSequenceFieldEvent {
    field: '$.commit.sequence'
    value: number
  }

  export interface WireMessageCommitDigestFieldEvent {
    field: '$.commit.digest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageCheckpointStatementEpochFieldEvent {
    field: '$.checkpoint.statement.epoch'
    value: number
  }

  export interface WireMessageCheckpointStatementSequenceFieldEvent {
    field: '$.checkpoint.statement.sequence'
    value: number
  }

  export interface WireMessageCheckpointStatementHistoryDigestFieldEvent {
    field: '$.checkpoint.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageCheckpointStatementStateRootFieldEvent {
    field: '$.checkpoint.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageCheckpointStatementMembersHashFieldEvent {
    field: '$.checkpoint.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageCheckpointStatementLogTimeMsFieldEvent {
    field: '$.checkpoint.statement.logTimeMs'
    value: number
  }

  export interface WireMessageCheckpointSignatureFieldEvent {
    field: '$.checkpoint.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageViewChangeViewFieldEvent {
    field: '$.viewChange.view'
    value: number
  }

  export interface WireMessageViewChangeStableStatementEpochFieldEvent {
    field: '$.viewChange.stable.statement.epoch'
    value: number
  }

  export interface WireMessageViewChangeStableStatementSequenceFieldEvent {
    field: '$.viewChange.stable.statement.sequence'
    value: number
  }

  export interface WireMessageViewChangeStableStatementHistoryDigestFieldEvent {
    field: '$.viewChange.stable.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageViewChangeStableStatementStateRootFieldEvent {
    field: '$.viewChange.stable.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageViewChangeStableStatementMembersHashFieldEvent {
    field: '$.viewChange.stable.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageViewChangeStableStatementLogTimeMsFieldEvent {
    field: '$.viewChange.stable.statement.logTimeMs'
    value: number
  }

  export interface WireMessageViewChangeStableSignaturesReplicaFieldEvent {
    field: '$.viewChange.stable.signatures[].replica'
    value: number
    index: number
  }

  export interface WireMessageViewChangeStableSignaturesSignatureFieldEvent {
    field: '$.viewChange.stable.signatures[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireMessageViewChangePreparedViewFieldEvent {
    field: '$.viewChange.prepared[].view'
    value: number
    index: number
  }

  export interface WireMessageViewChangePreparedSequenceFieldEvent {
    field: '$.viewChange.prepared[].sequence'
    value: number
    index: number
  }

  export interface WireMessageViewChangePreparedDigestFieldEvent {
    field: '$.viewChange.prepared[].digest'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireMessageViewChangePreparedPrePrepareFieldEvent {
    field: '$.viewChange.prepared[].prePrepare'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireMessageViewChangePreparedPreparesFieldEvent {
    field: '$.viewChange.prepared[].prepares[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageNewViewViewFieldEvent {
    field: '$.newView.view'
    value: number
  }

  export interface WireMessageNewViewViewChangesFieldEvent {
    field: '$.newView.viewChanges[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageNewViewProposalsSequenceFieldEvent {
    field: '$.newView.proposals[].sequence'
    value: number
    index: number
  }

  export interface WireMessageNewViewProposalsBatchDigestsFieldEvent {
    field: '$.newView.proposals[].batchDigests[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageNewViewProposalsLogTimeMsFieldEvent {
    field: '$.newView.proposals[].logTimeMs'
    value: number
    index: number
  }

  export interface WireMessageNewViewProposalsCertifyFieldEvent {
    field: '$.newView.proposals[].certify'
    value: boolean
    index: number
  }

  export interface WireMessageStatusViewFieldEvent {
    field: '$.status.view'
    value: number
  }

  export interface WireMessageStatusViewActiveFieldEvent {
    field: '$.status.viewActive'
    value: boolean
  }

  export interface WireMessageStatusStableSequenceFieldEvent {
    field: '$.status.stableSequence'
    value: number
  }

  export interface WireMessageStatusExecutedSequenceFieldEvent {
    field: '$.status.executedSequence'
    value: number
  }

  export interface WireMessageStatusVotedSequenceFieldEvent {
    field: '$.status.votedSequence'
    value: number
  }

  export interface WireMessageStatusRecoveringFieldEvent {
    field: '$.status.recovering'
    value: boolean
  }

  export interface WireMessageStatusStableStatementEpochFieldEvent {
    field: '$.status.stable.statement.epoch'
    value: number
  }

  export interface WireMessageStatusStableStatementSequenceFieldEvent {
    field: '$.status.stable.statement.sequence'
    value: number
  }

  export interface WireMessageStatusStableStatementHistoryDigestFieldEvent {
    field: '$.status.stable.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageStatusStableStatementStateRootFieldEvent {
    field: '$.status.stable.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageStatusStableStatementMembersHashFieldEvent {
    field: '$.status.stable.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireMessageStatusStableStatementLogTimeMsFieldEvent {
    field: '$.status.stable.statement.logTimeMs'
    value: number
  }

  export interface WireMessageStatusStableSignaturesReplicaFieldEvent {
    field: '$.status.stable.signatures[].replica'
    value: number
    index: number
  }

  export interface WireMessageStatusStableSignaturesSignatureFieldEvent {
    field: '$.status.stable.signatures[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireMessageStatusQuestionFieldEvent {
    field: '$.status.question'
    value: number
  }

  export interface WireMessageStatusAnswersFieldEvent {
    field: '$.status.answers'
    value: number
  }

  export interface WireMessageStatusDeparturesReplicaFieldEvent {
    field: '$.status.departures[].replica'
    value: number
    index: number
  }

  export interface WireMessageStatusDeparturesViewFieldEvent {
    field: '$.status.departures[].view'
    value: number
    index: number
  }

  export function encode (obj: Partial<WireMessage>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireMessage.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireMessage>): WireMessage {
    return decodeMessage(buf, WireMessage.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireMessage>): Generator<WireMessagePrePrepareViewFieldEvent | WireMessagePrePrepareProposalSequenceFieldEvent | WireMessagePrePrepareProposalBatchDigestsFieldEvent | WireMessagePrePrepareProposalLogTimeMsFieldEvent | WireMessagePrePrepareProposalCertifyFieldEvent | WireMessagePrepareViewFieldEvent | WireMessagePrepareSequenceFieldEvent | WireMessagePrepareDigestFieldEvent | WireMessageCommitViewFieldEvent | WireMessageCommitSequenceFieldEvent | WireMessageCommitDigestFieldEvent | WireMessageCheckpointStatementEpochFieldEvent | WireMessageCheckpointStatementSequenceFieldEvent | WireMessageCheckpointStatementHistoryDigestFieldEvent | WireMessageCheckpointStatementStateRootFieldEvent | WireMessageCheckpointStatementMembersHashFieldEvent | WireMessageCheckpointStatementLogTimeMsFieldEvent | WireMessageCheckpointSignatureFieldEvent | WireMessageViewChangeViewFieldEvent | WireMessageViewChangeStableStatementEpochFieldEvent | WireMessageViewChangeStableStatementSequenceFieldEvent | WireMessageViewChangeStableStatementHistoryDigestFieldEvent | WireMessageViewChangeStableStatementStateRootFieldEvent | WireMessageViewChangeStableStatementMembersHashFieldEvent | WireMessageViewChangeStableStatementLogTimeMsFieldEvent | WireMessageViewChangeStableSignaturesReplicaFieldEvent | WireMessageViewChangeStableSignaturesSignatureFieldEvent | WireMessageViewChangePreparedViewFieldEvent | WireMessageViewChangePreparedSequenceFieldEvent | WireMessageViewChangePreparedDigestFieldEvent | WireMessageViewChangePreparedPrePrepareFieldEvent | WireMessageViewChangePreparedPreparesFieldEvent | WireMessageNewViewViewFieldEvent | WireMessageNewViewViewChangesFieldEvent | WireMessageNewViewProposalsSequenceFieldEvent | WireMessageNewViewProposalsBatchDigestsFieldEvent | WireMessageNewViewProposalsLogTimeMsFieldEvent | WireMessageNewViewProposalsCertifyFieldEvent | WireMessageStatusViewFieldEvent | WireMessageStatusViewActiveFieldEvent | WireMessageStatusStableSequenceFieldEvent | WireMessageStatusExecutedSequenceFieldEvent | WireMessageStatusVotedSequenceFieldEvent | WireMessageStatusRecoveringFieldEvent | WireMessageStatusStableStatementEpochFieldEvent | WireMessageStatusStableStatementSequenceFieldEvent | WireMessageStatusStableStatementHistoryDigestFieldEvent | WireMessageStatusStableStatementStateRootFieldEvent | WireMessageStatusStableStatementMembersHashFieldEvent | WireMessageStatusStableStatementLogTimeMsFieldEvent | WireMessageStatusStableSignaturesReplicaFieldEvent | WireMessageStatusStableSignaturesSignatureFieldEvent | WireMessageStatusQuestionFieldEvent | WireMessageStatusAnswersFieldEvent | WireMessageStatusDeparturesReplicaFieldEvent | WireMessageStatusDeparturesViewFieldEvent> {
    return streamMessage(buf, WireMessage.codec(), opts)
  }
}

export interface WireProposal {
  sequence: number
  batchDigests: Uint8Array<ArrayBuffer>[]
  logTimeMs: number
  certify: boolean
}

export namespace WireProposal {
  let _codec: Codec<WireProposal>

  export const codec = (): Codec<WireProposal> => {
    if (_codec == null) {
      _codec = message<WireProposal>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sequence != null && obj.sequence !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.sequence)
        }

        if (obj.batchDigests != null && obj.batchDigests.length > 0) {
          for (const value of obj.batchDigests) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if ((obj.logTimeMs != null && obj.logTimeMs !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.logTimeMs)
        }

        if ((obj.certify != null && obj.certify !== false)) {
          w.uint32(32)
          w.bool(obj.certify)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sequence: 0,
          batchDigests: [],
          logTimeMs: 0,
          certify: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sequence = reader.uint64Number()
              break
            }
            case 2: {
              if (opts.limits?.batchDigests != null && obj.batchDigests.length === opts.limits.batchDigests) {
                throw new MaxLengthError('Decode error - repeated field "batchDigests" had too many elements')
              }

              obj.batchDigests.push(reader.bytes())
              break
            }
            case 3: {
              obj.logTimeMs = reader.uint64Number()
              break
            }
            case 4: {
              obj.certify = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          batchDigests: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              if (opts.limits?.batchDigests != null && obj.batchDigests === opts.limits.batchDigests) {
                throw new MaxLengthError('Streaming decode error - repeated field "batchDigests" had too many elements')
              }

              yield {
                field: `${prefix}.batchDigests[]`,
                index: obj.batchDigests,
                value: reader.bytes()
              }

              obj.batchDigests++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.logTimeMs`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.certify`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireProposalSequenceFieldEvent {
    field: '$.sequence'
    value: number
  }

  export interface WireProposalBatchDigestsFieldEvent {
    field: '$.batchDigests[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireProposalLogTimeMsFieldEvent {
    field: '$.logTimeMs'
    value: number
  }

  export interface WireProposalCertifyFieldEvent {
    field: '$.certify'
    value: boolean
  }

  export function encode (obj: Partial<WireProposal>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireProposal.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireProposal>): WireProposal {
    return decodeMessage(buf, WireProposal.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireProposal>): Generator<WireProposalSequenceFieldEvent | WireProposalBatchDigestsFieldEvent | WireProposalLogTimeMsFieldEvent | WireProposalCertifyFieldEvent> {
    return streamMessage(buf, WireProposal.codec(), opts)
  }
}

export interface WirePrePrepare {
  view: number
  proposal?: WireProposal
}

export namespace WirePrePrepare {
  let _codec: Codec<WirePrePrepare>

  export const codec = (): Codec<WirePrePrepare> => {
    if (_codec == null) {
      _codec = message<WirePrePrepare>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.view != null && obj.view !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.view)
        }

        if (obj.proposal != null) {
          w.uint32(18)
          WireProposal.codec().encode(obj.proposal, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          view: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.view = reader.uint64Number()
              break
            }
            case 2: {
              obj.proposal = WireProposal.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.proposal
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.view`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield * WireProposal.codec().stream(reader, reader.uint32(), `${prefix}.proposal`, {
                limits: opts.limits?.proposal
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WirePrePrepareViewFieldEvent {
    field: '$.view'
    value: number
  }

  export interface WirePrePrepareProposalSequenceFieldEvent {
    field: '$.proposal.sequence'
    value: number
  }

  export interface WirePrePrepareProposalBatchDigestsFieldEvent {
    field: '$.proposal.batchDigests[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface WirePrePrepareProposalLogTimeMsFieldEvent {
    field: '$.proposal.logTimeMs'
    value: number
  }

  export interface WirePrePrepareProposalCertifyFieldEvent {
    field: '$.proposal.certify'
    value: boolean
  }

  export function encode (obj: Partial<WirePrePrepare>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WirePrePrepare.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WirePrePrepare>): WirePrePrepare {
    return decodeMessage(buf, WirePrePrepare.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WirePrePrepare>): Generator<WirePrePrepareViewFieldEvent | WirePrePrepareProposalSequenceFieldEvent | WirePrePrepareProposalBatchDigestsFieldEvent | WirePrePrepareProposalLogTimeMsFieldEvent | WirePrePrepareProposalCertifyFieldEvent> {
    return streamMessage(buf, WirePrePrepare.codec(), opts)
  }
}

export interface WireVote {
  view: number
  sequence: number
  digest: Uint8Array<ArrayBuffer>
}

export namespace WireVote {
  let _codec: Codec<WireVote>

  export const codec = (): Codec<WireVote> => {
    if (_codec == null) {
      _codec = message<WireVote>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.view != null && obj.view !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.view)
        }

        if ((obj.sequence != null && obj.sequence !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.sequence)
        }

        if ((obj.digest != null && obj.digest.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.digest)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          view: 0,
          sequence: 0,
          digest: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.view = reader.uint64Number()
              break
            }
            case 2: {
              obj.sequence = reader.uint64Number()
              break
            }
            case 3: {
              obj.digest = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.view`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.digest`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireVoteViewFieldEvent {
    field: '$.view'
    value: number
  }

  export interface WireVoteSequenceFieldEvent {
    field: '$.sequence'
    value: number
  }

  export interface WireVoteDigestFieldEvent {
    field: '$.digest'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<WireVote>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireVote.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireVote>): WireVote {
    return decodeMessage(buf, WireVote.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireVote>): Generator<WireVoteViewFieldEvent | WireVoteSequenceFieldEvent | WireVoteDigestFieldEvent> {
    return streamMessage(buf, WireVote.codec(), opts)
  }
}

export interface WireStatement {
  epoch: number
  sequence: number
  historyDigest: Uint8Array<ArrayBuffer>
  stateRoot: Uint8Array<ArrayBuffer>
  membersHash: Uint8Array<ArrayBuffer>
  logTimeMs: number
}

export namespace WireStatement {
  let _codec: Codec<WireStatement>

  export const codec = (): Codec<WireStatement> => {
    if (_codec == null) {
      _codec = message<WireStatement>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(8)
          w.uint32(obj.epoch)
        }

        if ((obj.sequence != null && obj.sequence !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.sequence)
        }

        if ((obj.historyDigest != null && obj.historyDigest.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.historyDigest)
        }

        if ((obj.stateRoot != null && obj.stateRoot.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.stateRoot)
        }

        if ((obj.membersHash != null && obj.membersHash.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.membersHash)
        }

        if ((obj.logTimeMs != null && obj.logTimeMs !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.logTimeMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          epoch: 0,
          sequence: 0,
          historyDigest: uint8ArrayAlloc(0),
          stateRoot: uint8ArrayAlloc(0),
          membersHash: uint8ArrayAlloc(0),
          logTimeMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.epoch = reader.uint32()
              break
            }
            case 2: {
              obj.sequence = reader.uint64Number()
              break
            }
            case 3: {
              obj.historyDigest = reader.bytes()
              break
            }
            case 4: {
              obj.stateRoot = reader.bytes()
              break
            }
            case 5: {
              obj.membersHash = reader.bytes()
              break
            }
            case 6: {
              obj.logTimeMs = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.epoch`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.historyDigest`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.stateRoot`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.membersHash`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.logTimeMs`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireStatementEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface WireStatementSequenceFieldEvent {
    field: '$.sequence'
    value: number
  }

  export interface WireStatementHistoryDigestFieldEvent {
    field: '$.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireStatementStateRootFieldEvent {
    field: '$.stateRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireStatementMembersHashFieldEvent {
    field: '$.membersHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireStatementLogTimeMsFieldEvent {
    field: '$.logTimeMs'
    value: number
  }

  export function encode (obj: Partial<WireStatement>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireStatement.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireStatement>): WireStatement {
    return decodeMessage(buf, WireStatement.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireStatement>): Generator<WireStatementEpochFieldEvent | WireStatementSequenceFieldEvent | WireStatementHistoryDigestFieldEvent | WireStatementStateRootFieldEvent | WireStatementMembersHashFieldEvent | WireStatementLogTimeMsFieldEvent> {
    return streamMessage(buf, WireStatement.codec(), opts)
  }
}

export interface WireCheckpoint {
  statement?: WireStatement
  signature: Uint8Array<ArrayBuffer>
}

export namespace WireCheckpoint {
  let _codec: Codec<WireCheckpoint>

  export const codec = (): Codec<WireCheckpoint> => {
    if (_codec == null) {
      _codec = message<WireCheckpoint>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.statement != null) {
          w.uint32(10)
          WireStatement.codec().encode(obj.statement, w)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.statement = WireStatement.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.statement
              })
              break
            }
            case 2: {
              obj.signature = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * WireStatement.codec().stream(reader, reader.uint32(), `${prefix}.statement`, {
                limits: opts.limits?.statement
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireCheckpointStatementEpochFieldEvent {
    field: '$.statement.epoch'
    value: number
  }

  export interface WireCheckpointStatementSequenceFieldEvent {
    field: '$.statement.sequence'
    value: number
  }

  export interface WireCheckpointStatementHistoryDigestFieldEvent {
    field: '$.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireCheckpointStatementStateRootFieldEvent {
    field: '$.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireCheckpointStatementMembersHashFieldEvent {
    field: '$.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireCheckpointStatementLogTimeMsFieldEvent {
    field: '$.statement.logTimeMs'
    value: number
  }

  export interface WireCheckpointSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<WireCheckpoint>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireCheckpoint.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireCheckpoint>): WireCheckpoint {
    return decodeMessage(buf, WireCheckpoint.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireCheckpoint>): Generator<WireCheckpointStatementEpochFieldEvent | WireCheckpointStatementSequenceFieldEvent | WireCheckpointStatementHistoryDigestFieldEvent | WireCheckpointStatementStateRootFieldEvent | WireCheckpointStatementMembersHashFieldEvent | WireCheckpointStatementLogTimeMsFieldEvent | WireCheckpointSignatureFieldEvent> {
    return streamMessage(buf, WireCheckpoint.codec(), opts)
  }
}

export interface WireMemberSignature {
  replica: number
  signature: Uint8Array<ArrayBuffer>
}

export namespace WireMemberSignature {
  let _codec: Codec<WireMemberSignature>

  export const codec = (): Codec<WireMemberSignature> => {
    if (_codec == null) {
      _codec = message<WireMemberSignature>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.replica != null && obj.replica !== 0)) {
          w.uint32(8)
          w.uint32(obj.replica)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          replica: 0,
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.replica = reader.uint32()
              break
            }
            case 2: {
              obj.signature = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.replica`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireMemberSignatureReplicaFieldEvent {
    field: '$.replica'
    value: number
  }

  export interface WireMemberSignatureSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<WireMemberSignature>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireMemberSignature.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireMemberSignature>): WireMemberSignature {
    return decodeMessage(buf, WireMemberSignature.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireMemberSignature>): Generator<WireMemberSignatureReplicaFieldEvent | WireMemberSignatureSignatureFieldEvent> {
    return streamMessage(buf, WireMemberSignature.codec(), opts)
  }
}

export interface WireCertificate {
  statement?: WireStatement
  signatures: WireMemberSignature[]
}

export namespace WireCertificate {
  let _codec: Codec<WireCertificate>

  export const codec = (): Codec<WireCertificate> => {
    if (_codec == null) {
      _codec = message<WireCertificate>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.statement != null) {
          w.uint32(10)
          WireStatement.codec().encode(obj.statement, w)
        }

        if (obj.signatures != null && obj.signatures.length > 0) {
          for (const value of obj.signatures) {
            w.uint32(18)
            WireMemberSignature.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          signatures: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.statement = WireStatement.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.statement
              })
              break
            }
            case 2: {
              if (opts.limits?.signatures != null && obj.signatures.length === opts.limits.signatures) {
                throw new MaxLengthError('Decode error - repeated field "signatures" had too many elements')
              }

              obj.signatures.push(WireMemberSignature.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.signatures$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          signatures: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * WireStatement.codec().stream(reader, reader.uint32(), `${prefix}.statement`, {
                limits: opts.limits?.statement
              })

              break
            }
            case 2: {
              if (opts.limits?.signatures != null && obj.signatures === opts.limits.signatures) {
                throw new MaxLengthError('Streaming decode error - repeated field "signatures" had too many elements')
              }

              for (const evt of WireMemberSignature.codec().stream(reader, reader.uint32(), `${prefix}.signatures[]`, {
                limits: opts.limits?.signatures$
              })) {
                yield {
                  ...evt,
                  index: obj.signatures
                }
              }

              obj.signatures++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireCertificateStatementEpochFieldEvent {
    field: '$.statement.epoch'
    value: number
  }

  export interface WireCertificateStatementSequenceFieldEvent {
    field: '$.statement.sequence'
    value: number
  }

  export interface WireCertificateStatementHistoryDigestFieldEvent {
    field: '$.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireCertificateStatementStateRootFieldEvent {
    field: '$.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireCertificateStatementMembersHashFieldEvent {
    field: '$.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireCertificateStatementLogTimeMsFieldEvent {
    field: '$.statement.logTimeMs'
    value: number
  }

  export interface WireCertificateSignaturesReplicaFieldEvent {
    field: '$.signatures[].replica'
    value: number
    index: number
  }

  export interface WireCertificateSignaturesSignatureFieldEvent {
    field: '$.signatures[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export function encode (obj: Partial<WireCertificate>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireCertificate.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireCertificate>): WireCertificate {
    return decodeMessage(buf, WireCertificate.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireCertificate>): Generator<WireCertificateStatementEpochFieldEvent | WireCertificateStatementSequenceFieldEvent | WireCertificateStatementHistoryDigestFieldEvent | WireCertificateStatementStateRootFieldEvent | WireCertificateStatementMembersHashFieldEvent | WireCertificateStatementLogTimeMsFieldEvent | WireCertificateSignaturesReplicaFieldEvent | WireCertificateSignaturesSignatureFieldEvent> {
    return streamMessage(buf, WireCertificate.codec(), opts)
  }
}

export interface WireThresholdCertificate {
  keyId: Uint8Array<ArrayBuffer>
  epoch: number
  statement?: WireStatement
  signature: Uint8Array<ArrayBuffer>
}

export namespace WireThresholdCertificate {
  let _codec: Codec<WireThresholdCertificate>

  export const codec = (): Codec<WireThresholdCertificate> => {
    if (_codec == null) {
      _codec = message<WireThresholdCertificate>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.keyId != null && obj.keyId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.keyId)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.epoch)
        }

        if (obj.statement != null) {
          w.uint32(26)
          WireStatement.codec().encode(obj.statement, w)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          keyId: uint8ArrayAlloc(0),
          epoch: 0,
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.keyId = reader.bytes()
              break
            }
            case 2: {
              obj.epoch = reader.uint64Number()
              break
            }
            case 3: {
              obj.statement = WireStatement.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.statement
              })
              break
            }
            case 4: {
              obj.signature = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.keyId`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.epoch`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield * WireStatement.codec().stream(reader, reader.uint32(), `${prefix}.statement`, {
                limits: opts.limits?.statement
              })

              break
            }
            case 4: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireThresholdCertificateKeyIdFieldEvent {
    field: '$.keyId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireThresholdCertificateEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface WireThresholdCertificateStatementEpochFieldEvent {
    field: '$.statement.epoch'
    value: number
  }

  export interface WireThresholdCertificateStatementSequenceFieldEvent {
    field: '$.statement.sequence'
    value: number
  }

  export interface WireThresholdCertificateStatementHistoryDigestFieldEvent {
    field: '$.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireThresholdCertificateStatementStateRootFieldEvent {
    field: '$.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireThresholdCertificateStatementMembersHashFieldEvent {
    field: '$.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireThresholdCertificateStatementLogTimeMsFieldEvent {
    field: '$.statement.logTimeMs'
    value: number
  }

  export interface WireThresholdCertificateSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<WireThresholdCertificate>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireThresholdCertificate.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireThresholdCertificate>): WireThresholdCertificate {
    return decodeMessage(buf, WireThresholdCertificate.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireThresholdCertificate>): Generator<WireThresholdCertificateKeyIdFieldEvent | WireThresholdCertificateEpochFieldEvent | WireThresholdCertificateStatementEpochFieldEvent | WireThresholdCertificateStatementSequenceFieldEvent | WireThresholdCertificateStatementHistoryDigestFieldEvent | WireThresholdCertificateStatementStateRootFieldEvent | WireThresholdCertificateStatementMembersHashFieldEvent | WireThresholdCertificateStatementLogTimeMsFieldEvent | WireThresholdCertificateSignatureFieldEvent> {
    return streamMessage(buf, WireThresholdCertificate.codec(), opts)
  }
}

export interface SignedPartial {
  body: Uint8Array<ArrayBuffer>
  signature: Uint8Array<ArrayBuffer>
}

export namespace SignedPartial {
  let _codec: Codec<SignedPartial>

  export const codec = (): Codec<SignedPartial> => {
    if (_codec == null) {
      _codec = message<SignedPartial>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.body != null && obj.body.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.body)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          body: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.body = reader.bytes()
              break
            }
            case 2: {
              obj.signature = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.body`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SignedPartialBodyFieldEvent {
    field: '$.body'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SignedPartialSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<SignedPartial>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SignedPartial.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedPartial>): SignedPartial {
    return decodeMessage(buf, SignedPartial.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedPartial>): Generator<SignedPartialBodyFieldEvent | SignedPartialSignatureFieldEvent> {
    return streamMessage(buf, SignedPartial.codec(), opts)
  }
}

export interface PartialBody {
  sender: number
  number: number
  purpose: number
  subject: Uint8Array<ArrayBuffer>
  sequence: number
  epoch: number
  partial: Uint8Array<ArrayBuffer>
}

export namespace PartialBody {
  let _codec: Codec<PartialBody>

  export const codec = (): Codec<PartialBody> => {
    if (_codec == null) {
      _codec = message<PartialBody>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sender != null && obj.sender !== 0)) {
          w.uint32(8)
          w.uint32(obj.sender)
        }

        if ((obj.number != null && obj.number !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.number)
        }

        if ((obj.purpose != null && obj.purpose !== 0)) {
          w.uint32(24)
          w.uint32(obj.purpose)
        }

        if ((obj.subject != null && obj.subject.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.subject)
        }

        if ((obj.sequence != null && obj.sequence !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.sequence)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.epoch)
        }

        if ((obj.partial != null && obj.partial.byteLength > 0)) {
          w.uint32(58)
          w.bytes(obj.partial)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sender: 0,
          number: 0,
          purpose: 0,
          subject: uint8ArrayAlloc(0),
          sequence: 0,
          epoch: 0,
          partial: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sender = reader.uint32()
              break
            }
            case 2: {
              obj.number = reader.uint64Number()
              break
            }
            case 3: {
              obj.purpose = reader.uint32()
              break
            }
            case 4: {
              obj.subject = reader.bytes()
              break
            }
            case 5: {
              obj.sequence = reader.uint64Number()
              break
            }
            case 6: {
              obj.epoch = reader.uint64Number()
              break
            }
            case 7: {
              obj.partial = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.sender`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.number`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.purpose`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.subject`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.epoch`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.partial`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PartialBodySenderFieldEvent {
    field: '$.sender'
    value: number
  }

  export interface PartialBodyNumberFieldEvent {
    field: '$.number'
    value: number
  }

  export interface PartialBodyPurposeFieldEvent {
    field: '$.purpose'
    value: number
  }

  export interface PartialBodySubjectFieldEvent {
    field: '$.subject'
    value: Uint8Array<ArrayBuffer>
  }

  export interface PartialBodySequenceFieldEvent {
    field: '$.sequence'
    value: number
  }

  export interface PartialBodyEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface PartialBodyPartialFieldEvent {
    field: '$.partial'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<PartialBody>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, PartialBody.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PartialBody>): PartialBody {
    return decodeMessage(buf, PartialBody.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PartialBody>): Generator<PartialBodySenderFieldEvent | PartialBodyNumberFieldEvent | PartialBodyPurposeFieldEvent | PartialBodySubjectFieldEvent | PartialBodySequenceFieldEvent | PartialBodyEpochFieldEvent | PartialBodyPartialFieldEvent> {
    return streamMessage(buf, PartialBody.codec(), opts)
  }
}

export interface CertificateRequest {
  sequence: number
}

export namespace CertificateRequest {
  let _codec: Codec<CertificateRequest>

  export const codec = (): Codec<CertificateRequest> => {
    if (_codec == null) {
      _codec = message<CertificateRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sequence != null && obj.sequence !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.sequence)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sequence: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sequence = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface CertificateRequestSequenceFieldEvent {
    field: '$.sequence'
    value: number
  }

  export function encode (obj: Partial<CertificateRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, CertificateRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CertificateRequest>): CertificateRequest {
    return decodeMessage(buf, CertificateRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CertificateRequest>): Generator<CertificateRequestSequenceFieldEvent> {
    return streamMessage(buf, CertificateRequest.codec(), opts)
  }
}

export interface WirePrepared {
  view: number
  sequence: number
  digest: Uint8Array<ArrayBuffer>
  prePrepare: Uint8Array<ArrayBuffer>
  prepares: Uint8Array<ArrayBuffer>[]
}

export namespace WirePrepared {
  let _codec: Codec<WirePrepared>

  export const codec = (): Codec<WirePrepared> => {
    if (_codec == null) {
      _codec = message<WirePrepared>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.view != null && obj.view !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.view)
        }

        if ((obj.sequence != null && obj.sequence !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.sequence)
        }

        if ((obj.digest != null && obj.digest.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.digest)
        }

        if ((obj.prePrepare != null && obj.prePrepare.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.prePrepare)
        }

        if (obj.prepares != null && obj.prepares.length > 0) {
          for (const value of obj.prepares) {
            w.uint32(42)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          view: 0,
          sequence: 0,
          digest: uint8ArrayAlloc(0),
          prePrepare: uint8ArrayAlloc(0),
          prepares: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.view = reader.uint64Number()
              break
            }
            case 2: {
              obj.sequence = reader.uint64Number()
              break
            }
            case 3: {
              obj.digest = reader.bytes()
              break
            }
            case 4: {
              obj.prePrepare = reader.bytes()
              break
            }
            case 5: {
              if (opts.limits?.prepares != null && obj.prepares.length === opts.limits.prepares) {
                throw new MaxLengthError('Decode error - repeated field "prepares" had too many elements')
              }

              obj.prepares.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          prepares: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.view`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.digest`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.prePrepare`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              if (opts.limits?.prepares != null && obj.prepares === opts.limits.prepares) {
                throw new MaxLengthError('Streaming decode error - repeated field "prepares" had too many elements')
              }

              yield {
                field: `${prefix}.prepares[]`,
                index: obj.prepares,
                value: reader.bytes()
              }

              obj.prepares++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WirePreparedViewFieldEvent {
    field: '$.view'
    value: number
  }

  export interface WirePreparedSequenceFieldEvent {
    field: '$.sequence'
    value: number
  }

  export interface WirePreparedDigestFieldEvent {
    field: '$.digest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WirePreparedPrePrepareFieldEvent {
    field: '$.prePrepare'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WirePreparedPreparesFieldEvent {
    field: '$.prepares[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<WirePrepared>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WirePrepared.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WirePrepared>): WirePrepared {
    return decodeMessage(buf, WirePrepared.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WirePrepared>): Generator<WirePreparedViewFieldEvent | WirePreparedSequenceFieldEvent | WirePreparedDigestFieldEvent | WirePreparedPrePrepareFieldEvent | WirePreparedPreparesFieldEvent> {
    return streamMessage(buf, WirePrepared.codec(), opts)
  }
}

export interface WireViewChange {
  view: number
  stable?: WireCertificate
  prepared: WirePrepared[]
}

export namespace WireViewChange {
  let _codec: Codec<WireViewChange>

  export const codec = (): Codec<WireViewChange> => {
    if (_codec == null) {
      _codec = message<WireViewChange>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.view != null && obj.view !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.view)
        }

        if (obj.stable != null) {
          w.uint32(18)
          WireCertificate.codec().encode(obj.stable, w)
        }

        if (obj.prepared != null && obj.prepared.length > 0) {
          for (const value of obj.prepared) {
            w.uint32(26)
            WirePrepared.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          view: 0,
          prepared: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.view = reader.uint64Number()
              break
            }
            case 2: {
              obj.stable = WireCertificate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.stable
              })
              break
            }
            case 3: {
              if (opts.limits?.prepared != null && obj.prepared.length === opts.limits.prepared) {
                throw new MaxLengthError('Decode error - repeated field "prepared" had too many elements')
              }

              obj.prepared.push(WirePrepared.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prepared$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          prepared: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.view`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield * WireCertificate.codec().stream(reader, reader.uint32(), `${prefix}.stable`, {
                limits: opts.limits?.stable
              })

              break
            }
            case 3: {
              if (opts.limits?.prepared != null && obj.prepared === opts.limits.prepared) {
                throw new MaxLengthError('Streaming decode error - repeated field "prepared" had too many elements')
              }

              for (const evt of WirePrepared.codec().stream(reader, reader.uint32(), `${prefix}.prepared[]`, {
                limits: opts.limits?.prepared$
              })) {
                yield {
                  ...evt,
                  index: obj.prepared
                }
              }

              obj.prepared++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireViewChangeViewFieldEvent {
    field: '$.view'
    value: number
  }

  export interface WireViewChangeStableStatementEpochFieldEvent {
    field: '$.stable.statement.epoch'
    value: number
  }

  export interface WireViewChangeStableStatementSequenceFieldEvent {
    field: '$.stable.statement.sequence'
    value: number
  }

  export interface WireViewChangeStableStatementHistoryDigestFieldEvent {
    field: '$.stable.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireViewChangeStableStatementStateRootFieldEvent {
    field: '$.stable.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireViewChangeStableStatementMembersHashFieldEvent {
    field: '$.stable.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireViewChangeStableStatementLogTimeMsFieldEvent {
    field: '$.stable.statement.logTimeMs'
    value: number
  }

  export interface WireViewChangeStableSignaturesReplicaFieldEvent {
    field: '$.stable.signatures[].replica'
    value: number
    index: number
  }

  export interface WireViewChangeStableSignaturesSignatureFieldEvent {
    field: '$.stable.signatures[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireViewChangePreparedViewFieldEvent {
    field: '$.prepared[].view'
    value: number
    index: number
  }

  export interface WireViewChangePreparedSequenceFieldEvent {
    field: '$.prepared[].sequence'
    value: number
    index: number
  }

  export interface WireViewChangePreparedDigestFieldEvent {
    field: '$.prepared[].digest'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireViewChangePreparedPrePrepareFieldEvent {
    field: '$.prepared[].prePrepare'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireViewChangePreparedPreparesFieldEvent {
    field: '$.prepared[].prepares[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<WireViewChange>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireViewChange.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireViewChange>): WireViewChange {
    return decodeMessage(buf, WireViewChange.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireViewChange>): Generator<WireViewChangeViewFieldEvent | WireViewChangeStableStatementEpochFieldEvent | WireViewChangeStableStatementSequenceFieldEvent | WireViewChangeStableStatementHistoryDigestFieldEvent | WireViewChangeStableStatementStateRootFieldEvent | WireViewChangeStableStatementMembersHashFieldEvent | WireViewChangeStableStatementLogTimeMsFieldEvent | WireViewChangeStableSignaturesReplicaFieldEvent | WireViewChangeStableSignaturesSignatureFieldEvent | WireViewChangePreparedViewFieldEvent | WireViewChangePreparedSequenceFieldEvent | WireViewChangePreparedDigestFieldEvent | WireViewChangePreparedPrePrepareFieldEvent | WireViewChangePreparedPreparesFieldEvent> {
    return streamMessage(buf, WireViewChange.codec(), opts)
  }
}

export interface WireNewView {
  view: number
  viewChanges: Uint8Array<ArrayBuffer>[]
  proposals: WireProposal[]
}

export namespace WireNewView {
  let _codec: Codec<WireNewView>

  export const codec = (): Codec<WireNewView> => {
    if (_codec == null) {
      _codec = message<WireNewView>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.view != null && obj.view !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.view)
        }

        if (obj.viewChanges != null && obj.viewChanges.length > 0) {
          for (const value of obj.viewChanges) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if (obj.proposals != null && obj.proposals.length > 0) {
          for (const value of obj.proposals) {
            w.uint32(26)
            WireProposal.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          view: 0,
          viewChanges: [],
          proposals: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.view = reader.uint64Number()
              break
            }
            case 2: {
              if (opts.limits?.viewChanges != null && obj.viewChanges.length === opts.limits.viewChanges) {
                throw new MaxLengthError('Decode error - repeated field "viewChanges" had too many elements')
              }

              obj.viewChanges.push(reader.bytes())
              break
            }
            case 3: {
              if (opts.limits?.proposals != null && obj.proposals.length === opts.limits.proposals) {
                throw new MaxLengthError('Decode error - repeated field "proposals" had too many elements')
              }

              obj.proposals.push(WireProposal.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.proposals$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          viewChanges: 0,
          proposals: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.view`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              if (opts.limits?.viewChanges != null && obj.viewChanges === opts.limits.viewChanges) {
                throw new MaxLengthError('Streaming decode error - repeated field "viewChanges" had too many elements')
              }

              yield {
                field: `${prefix}.viewChanges[]`,
                index: obj.viewChanges,
                value: reader.bytes()
              }

              obj.viewChanges++

              break
            }
            case 3: {
              if (opts.limits?.proposals != null && obj.proposals === opts.limits.proposals) {
                throw new MaxLengthError('Streaming decode error - repeated field "proposals" had too many elements')
              }

              for (const evt of WireProposal.codec().stream(reader, reader.uint32(), `${prefix}.proposals[]`, {
                limits: opts.limits?.proposals$
              })) {
                yield {
                  ...evt,
                  index: obj.proposals
                }
              }

              obj.proposals++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireNewViewViewFieldEvent {
    field: '$.view'
    value: number
  }

  export interface WireNewViewViewChangesFieldEvent {
    field: '$.viewChanges[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireNewViewProposalsSequenceFieldEvent {
    field: '$.proposals[].sequence'
    value: number
    index: number
  }

  export interface WireNewViewProposalsBatchDigestsFieldEvent {
    field: '$.proposals[].batchDigests[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireNewViewProposalsLogTimeMsFieldEvent {
    field: '$.proposals[].logTimeMs'
    value: number
    index: number
  }

  export interface WireNewViewProposalsCertifyFieldEvent {
    field: '$.proposals[].certify'
    value: boolean
    index: number
  }

  export function encode (obj: Partial<WireNewView>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireNewView.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireNewView>): WireNewView {
    return decodeMessage(buf, WireNewView.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireNewView>): Generator<WireNewViewViewFieldEvent | WireNewViewViewChangesFieldEvent | WireNewViewProposalsSequenceFieldEvent | WireNewViewProposalsBatchDigestsFieldEvent | WireNewViewProposalsLogTimeMsFieldEvent | WireNewViewProposalsCertifyFieldEvent> {
    return streamMessage(buf, WireNewView.codec(), opts)
  }
}

export interface WireStatus {
  view: number
  viewActive: boolean
  stableSequence: number
  executedSequence: number
  votedSequence: number
  recovering: boolean
  stable?: WireCertificate
  question: number
  answers: number
  departures: WireDeparture[]
}

export namespace WireStatus {
  let _codec: Codec<WireStatus>

  export const codec = (): Codec<WireStatus> => {
    if (_codec == null) {
      _codec = message<WireStatus>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.view != null && obj.view !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.view)
        }

        if ((obj.viewActive != null && obj.viewActive !== false)) {
          w.uint32(16)
          w.bool(obj.viewActive)
        }

        if ((obj.stableSequence != null && obj.stableSequence !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.stableSequence)
        }

        if ((obj.executedSequence != null && obj.executedSequence !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.executedSequence)
        }

        if ((obj.votedSequence != null && obj.votedSequence !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.votedSequence)
        }

        if ((obj.recovering != null && obj.recovering !== false)) {
          w.uint32(48)
          w.bool(obj.recovering)
        }

        if (obj.stable != null) {
          w.uint32(58)
          WireCertificate.codec().encode(obj.stable, w)
        }

        if ((obj.question != null && obj.question !== 0)) {
          w.uint32(64)
          w.uint64Number(obj.question)
        }

        if ((obj.answers != null && obj.answers !== 0)) {
          w.uint32(72)
          w.uint64Number(obj.answers)
        }

        if (obj.departures != null && obj.departures.length > 0) {
          for (const value of obj.departures) {
            w.uint32(82)
            WireDeparture.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          view: 0,
          viewActive: false,
          stableSequence: 0,
          executedSequence: 0,
          votedSequence: 0,
          recovering: false,
          question: 0,
          answers: 0,
          departures: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.view = reader.uint64Number()
              break
            }
            case 2: {
              obj.viewActive = reader.bool()
              break
            }
            case 3: {
              obj.stableSequence = reader.uint64Number()
              break
            }
            case 4: {
              obj.executedSequence = reader.uint64Number()
              break
            }
            case 5: {
              obj.votedSequence = reader.uint64Number()
              break
            }
            case 6: {
              obj.recovering = reader.bool()
              break
            }
            case 7: {
              obj.stable = WireCertificate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.stable
              })
              break
            }
            case 8: {
              obj.question = reader.uint64Number()
              break
            }
            case 9: {
              obj.answers = reader.uint64Number()
              break
            }
            case 10: {
              if (opts.limits?.departures != null && obj.departures.length === opts.limits.departures) {
                throw new MaxLengthError('Decode error - repeated field "departures" had too many elements')
              }

              obj.departures.push(WireDeparture.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.departures$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          departures: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.view`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.viewActive`,
                value: reader.bool()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.stableSequence`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.executedSequence`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.votedSequence`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.recovering`,
                value: reader.bool()
              }
              break
            }
            case 7: {
              yield * WireCertificate.codec().stream(reader, reader.uint32(), `${prefix}.stable`, {
                limits: opts.limits?.stable
              })

              break
            }
            case 8: {
              yield {
                field: `${prefix}.question`,
                value: reader.uint64Number()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.answers`,
                value: reader.uint64Number()
              }
              break
            }
            case 10: {
              if (opts.limits?.departures != null && obj.departures === opts.limits.departures) {
                throw new MaxLengthError('Streaming decode error - repeated field "departures" had too many elements')
              }

              for (const evt of WireDeparture.codec().stream(reader, reader.uint32(), `${prefix}.departures[]`, {
                limits: opts.limits?.departures$
              })) {
                yield {
                  ...evt,
                  index: obj.departures
                }
              }

              obj.departures++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireStatusViewFieldEvent {
    field: '$.view'
    value: number
  }

  export interface WireStatusViewActiveFieldEvent {
    field: '$.viewActive'
    value: boolean
  }

  export interface WireStatusStableSequenceFieldEvent {
    field: '$.stableSequence'
    value: number
  }

  export interface WireStatusExecutedSequenceFieldEvent {
    field: '$.executedSequence'
    value: number
  }

  export interface WireStatusVotedSequenceFieldEvent {
    field: '$.votedSequence'
    value: number
  }

  export interface WireStatusRecoveringFieldEvent {
    field: '$.recovering'
    value: boolean
  }

  export interface WireStatusStableStatementEpochFieldEvent {
    field: '$.stable.statement.epoch'
    value: number
  }

  export interface WireStatusStableStatementSequenceFieldEvent {
    field: '$.stable.statement.sequence'
    value: number
  }

  export interface WireStatusStableStatementHistoryDigestFieldEvent {
    field: '$.stable.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireStatusStableStatementStateRootFieldEvent {
    field: '$.stable.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireStatusStableStatementMembersHashFieldEvent {
    field: '$.stable.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireStatusStableStatementLogTimeMsFieldEvent {
    field: '$.stable.statement.logTimeMs'
    value: number
  }

  export interface WireStatusStableSignaturesReplicaFieldEvent {
    field: '$.stable.signatures[].replica'
    value: number
    index: number
  }

  export interface WireStatusStableSignaturesSignatureFieldEvent {
    field: '$.stable.signatures[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireStatusQuestionFieldEvent {
    field: '$.question'
    value: number
  }

  export interface WireStatusAnswersFieldEvent {
    field: '$.answers'
    value: number
  }

  export interface WireStatusDeparturesReplicaFieldEvent {
    field: '$.departures[].replica'
    value: number
    index: number
  }

  export interface WireStatusDeparturesViewFieldEvent {
    field: '$.departures[].view'
    value: number
    index: number
  }

  export function encode (obj: Partial<WireStatus>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireStatus.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireStatus>): WireStatus {
    return decodeMessage(buf, WireStatus.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireStatus>): Generator<WireStatusViewFieldEvent | WireStatusViewActiveFieldEvent | WireStatusStableSequenceFieldEvent | WireStatusExecutedSequenceFieldEvent | WireStatusVotedSequenceFieldEvent | WireStatusRecoveringFieldEvent | WireStatusStableStatementEpochFieldEvent | WireStatusStableStatementSequenceFieldEvent | WireStatusStableStatementHistoryDigestFieldEvent | WireStatusStableStatementStateRootFieldEvent | WireStatusStableStatementMembersHashFieldEvent | WireStatusStableStatementLogTimeMsFieldEvent | WireStatusStableSignaturesReplicaFieldEvent | WireStatusStableSignaturesSignatureFieldEvent | WireStatusQuestionFieldEvent | WireStatusAnswersFieldEvent | WireStatusDeparturesReplicaFieldEvent | WireStatusDeparturesViewFieldEvent> {
    return streamMessage(buf, WireStatus.codec(), opts)
  }
}

export interface WireDeparture {
  replica: number
  view: number
}

export namespace WireDeparture {
  let _codec: Codec<WireDeparture>

  export const codec = (): Codec<WireDeparture> => {
    if (_codec == null) {
      _codec = message<WireDeparture>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.replica != null && obj.replica !== 0)) {
          w.uint32(8)
          w.uint32(obj.replica)
        }

        if ((obj.view != null && obj.view !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.view)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          replica: 0,
          view: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.replica = reader.uint32()
              break
            }
            case 2: {
              obj.view = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.replica`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.view`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireDepartureReplicaFieldEvent {
    field: '$.replica'
    value: number
  }

  export interface WireDepartureViewFieldEvent {
    field: '$.view'
    value: number
  }

  export function encode (obj: Partial<WireDeparture>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireDeparture.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireDeparture>): WireDeparture {
    return decodeMessage(buf, WireDeparture.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireDeparture>): Generator<WireDepartureReplicaFieldEvent | WireDepartureViewFieldEvent> {
    return streamMessage(buf, WireDeparture.codec(), opts)
  }
}

export interface WireEntry {
  proposal?: WireProposal
  commits: Uint8Array<ArrayBuffer>[]
}

export namespace WireEntry {
  let _codec: Codec<WireEntry>

  export const codec = (): Codec<WireEntry> => {
    if (_codec == null) {
      _codec = message<WireEntry>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.proposal != null) {
          w.uint32(10)
          WireProposal.codec().encode(obj.proposal, w)
        }

        if (obj.commits != null && obj.commits.length > 0) {
          for (const value of obj.commits) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          commits: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.proposal = WireProposal.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.proposal
              })
              break
            }
            case 2: {
              if (opts.limits?.commits != null && obj.commits.length === opts.limits.commits) {
                throw new MaxLengthError('Decode error - repeated field "commits" had too many elements')
              }

              obj.commits.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          commits: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * WireProposal.codec().stream(reader, reader.uint32(), `${prefix}.proposal`, {
                limits: opts.limits?.proposal
              })

              break
            }
            case 2: {
              if (opts.limits?.commits != null && obj.commits === opts.limits.commits) {
                throw new MaxLengthError('Streaming decode error - repeated field "commits" had too many elements')
              }

              yield {
                field: `${prefix}.commits[]`,
                index: obj.commits,
                value: reader.bytes()
              }

              obj.commits++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireEntryProposalSequenceFieldEvent {
    field: '$.proposal.sequence'
    value: number
  }

  export interface WireEntryProposalBatchDigestsFieldEvent {
    field: '$.proposal.batchDigests[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireEntryProposalLogTimeMsFieldEvent {
    field: '$.proposal.logTimeMs'
    value: number
  }

  export interface WireEntryProposalCertifyFieldEvent {
    field: '$.proposal.certify'
    value: boolean
  }

  export interface WireEntryCommitsFieldEvent {
    field: '$.commits[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<WireEntry>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireEntry.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireEntry>): WireEntry {
    return decodeMessage(buf, WireEntry.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireEntry>): Generator<WireEntryProposalSequenceFieldEvent | WireEntryProposalBatchDigestsFieldEvent | WireEntryProposalLogTimeMsFieldEvent | WireEntryProposalCertifyFieldEvent | WireEntryCommitsFieldEvent> {
    return streamMessage(buf, WireEntry.codec(), opts)
  }
}

export interface BatchRequest {
  digests: Uint8Array<ArrayBuffer>[]
}

export namespace BatchRequest {
  let _codec: Codec<BatchRequest>

  export const codec = (): Codec<BatchRequest> => {
    if (_codec == null) {
      _codec = message<BatchRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.digests != null && obj.digests.length > 0) {
          for (const value of obj.digests) {
            w.uint32(10)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          digests: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.digests != null && obj.digests.length === opts.limits.digests) {
                throw new MaxLengthError('Decode error - repeated field "digests" had too many elements')
              }

              obj.digests.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          digests: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.digests != null && obj.digests === opts.limits.digests) {
                throw new MaxLengthError('Streaming decode error - repeated field "digests" had too many elements')
              }

              yield {
                field: `${prefix}.digests[]`,
                index: obj.digests,
                value: reader.bytes()
              }

              obj.digests++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface BatchRequestDigestsFieldEvent {
    field: '$.digests[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<BatchRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, BatchRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BatchRequest>): BatchRequest {
    return decodeMessage(buf, BatchRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BatchRequest>): Generator<BatchRequestDigestsFieldEvent> {
    return streamMessage(buf, BatchRequest.codec(), opts)
  }
}

export interface BatchAnswer {
  batches: Uint8Array<ArrayBuffer>[]
}

export namespace BatchAnswer {
  let _codec: Codec<BatchAnswer>

  export const codec = (): Codec<BatchAnswer> => {
    if (_codec == null) {
      _codec = message<BatchAnswer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.batches != null && obj.batches.length > 0) {
          for (const value of obj.batches) {
            w.uint32(10)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          batches: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.batches != null && obj.batches.length === opts.limits.batches) {
                throw new MaxLengthError('Decode error - repeated field "batches" had too many elements')
              }

              obj.batches.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          batches: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.batches != null && obj.batches === opts.limits.batches) {
                throw new MaxLengthError('Streaming decode error - repeated field "batches" had too many elements')
              }

              yield {
                field: `${prefix}.batches[]`,
                index: obj.batches,
                value: reader.bytes()
              }

              obj.batches++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface BatchAnswerBatchesFieldEvent {
    field: '$.batches[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<BatchAnswer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, BatchAnswer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BatchAnswer>): BatchAnswer {
    return decodeMessage(buf, BatchAnswer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BatchAnswer>): Generator<BatchAnswerBatchesFieldEvent> {
    return streamMessage(buf, BatchAnswer.codec(), opts)
  }
}

export interface EntriesRequest {
  from: number
  to: number
}

export namespace EntriesRequest {
  let _codec: Codec<EntriesRequest>

  export const codec = (): Codec<EntriesRequest> => {
    if (_codec == null) {
      _codec = message<EntriesRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.from)
        }

        if ((obj.to != null && obj.to !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.to)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          from: 0,
          to: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.from = reader.uint64Number()
              break
            }
            case 2: {
              obj.to = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.from`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.to`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EntriesRequestFromFieldEvent {
    field: '$.from'
    value: number
  }

  export interface EntriesRequestToFieldEvent {
    field: '$.to'
    value: number
  }

  export function encode (obj: Partial<EntriesRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, EntriesRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EntriesRequest>): EntriesRequest {
    return decodeMessage(buf, EntriesRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EntriesRequest>): Generator<EntriesRequestFromFieldEvent | EntriesRequestToFieldEvent> {
    return streamMessage(buf, EntriesRequest.codec(), opts)
  }
}

export interface EntriesAnswer {
  entries: WireEntry[]
  batches: Uint8Array<ArrayBuffer>[]
  snapshot?: WireCertificate
}

export namespace EntriesAnswer {
  let _codec: Codec<EntriesAnswer>

  export const codec = (): Codec<EntriesAnswer> => {
    if (_codec == null) {
      _codec = message<EntriesAnswer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.entries != null && obj.entries.length > 0) {
          for (const value of obj.entries) {
            w.uint32(10)
            WireEntry.codec().encode(value, w)
          }
        }

        if (obj.batches != null && obj.batches.length > 0) {
          for (const value of obj.batches) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if (obj.snapshot != null) {
          w.uint32(26)
          WireCertificate.codec().encode(obj.snapshot, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          entries: [],
          batches: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements')
              }

              obj.entries.push(WireEntry.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.entries$
              }))
              break
            }
            case 2: {
              if (opts.limits?.batches != null && obj.batches.length === opts.limits.batches) {
                throw new MaxLengthError('Decode error - repeated field "batches" had too many elements')
              }

              obj.batches.push(reader.bytes())
              break
            }
            case 3: {
              obj.snapshot = WireCertificate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.snapshot
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          entries: 0,
          batches: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.entries != null && obj.entries === opts.limits.entries) {
                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements')
              }

              for (const evt of WireEntry.codec().stream(reader, reader.uint32(), `${prefix}.entries[]`, {
                limits: opts.limits?.entries$
              })) {
                yield {
                  ...evt,
                  index: obj.entries
                }
              }

              obj.entries++

              break
            }
            case 2: {
              if (opts.limits?.batches != null && obj.batches === opts.limits.batches) {
                throw new MaxLengthError('Streaming decode error - repeated field "batches" had too many elements')
              }

              yield {
                field: `${prefix}.batches[]`,
                index: obj.batches,
                value: reader.bytes()
              }

              obj.batches++

              break
            }
            case 3: {
              yield * WireCertificate.codec().stream(reader, reader.uint32(), `${prefix}.snapshot`, {
                limits: opts.limits?.snapshot
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EntriesAnswerEntriesProposalSequenceFieldEvent {
    field: '$.entries[].proposal.sequence'
    value: number
    index: number
  }

  export interface EntriesAnswerEntriesProposalBatchDigestsFieldEvent {
    field: '$.entries[].proposal.batchDigests[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface EntriesAnswerEntriesProposalLogTimeMsFieldEvent {
    field: '$.entries[].proposal.logTimeMs'
    value: number
    index: number
  }

  export interface EntriesAnswerEntriesProposalCertifyFieldEvent {
    field: '$.entries[].proposal.certify'
    value: boolean
    index: number
  }

  export interface EntriesAnswerEntriesCommitsFieldEvent {
    field: '$.entries[].commits[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface EntriesAnswerBatchesFieldEvent {
    field: '$.batches[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface EntriesAnswerSnapshotStatementEpochFieldEvent {
    field: '$.snapshot.statement.epoch'
    value: number
  }

  export interface EntriesAnswerSnapshotStatementSequenceFieldEvent {
    field: '$.snapshot.statement.sequence'
    value: number
  }

  export interface EntriesAnswerSnapshotStatementHistoryDigestFieldEvent {
    field: '$.snapshot.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EntriesAnswerSnapshotStatementStateRootFieldEvent {
    field: '$.snapshot.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EntriesAnswerSnapshotStatementMembersHashFieldEvent {
    field: '$.snapshot.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EntriesAnswerSnapshotStatementLogTimeMsFieldEvent {
    field: '$.snapshot.statement.logTimeMs'
    value: number
  }

  export interface EntriesAnswerSnapshotSignaturesReplicaFieldEvent {
    field: '$.snapshot.signatures[].replica'
    value: number
    index: number
  }

  export interface EntriesAnswerSnapshotSignaturesSignatureFieldEvent {
    field: '$.snapshot.signatures[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export function encode (obj: Partial<EntriesAnswer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, EntriesAnswer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EntriesAnswer>): EntriesAnswer {
    return decodeMessage(buf, EntriesAnswer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EntriesAnswer>): Generator<EntriesAnswerEntriesProposalSequenceFieldEvent | EntriesAnswerEntriesProposalBatchDigestsFieldEvent | EntriesAnswerEntriesProposalLogTimeMsFieldEvent | EntriesAnswerEntriesProposalCertifyFieldEvent | EntriesAnswerEntriesCommitsFieldEvent | EntriesAnswerBatchesFieldEvent | EntriesAnswerSnapshotStatementEpochFieldEvent | EntriesAnswerSnapshotStatementSequenceFieldEvent | EntriesAnswerSnapshotStatementHistoryDigestFieldEvent | EntriesAnswerSnapshotStatementStateRootFieldEvent | EntriesAnswerSnapshotStatementMembersHashFieldEvent | EntriesAnswerSnapshotStatementLogTimeMsFieldEvent | EntriesAnswerSnapshotSignaturesReplicaFieldEvent | EntriesAnswerSnapshotSignaturesSignatureFieldEvent> {
    return streamMessage(buf, EntriesAnswer.codec(), opts)
  }
}

export interface SnapshotRequest {
  sequence: number
  part: number
  index: number
}

export namespace SnapshotRequest {
  let _codec: Codec<SnapshotRequest>

  export const codec = (): Codec<SnapshotRequest> => {
    if (_codec == null) {
      _codec = message<SnapshotRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sequence != null && obj.sequence !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.sequence)
        }

        if ((obj.part != null && obj.part !== 0)) {
          w.uint32(16)
          w.uint32(obj.part)
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(24)
          w.uint32(obj.index)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sequence: 0,
          part: 0,
          index: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sequence = reader.uint64Number()
              break
            }
            case 2: {
              obj.part = reader.uint32()
              break
            }
            case 3: {
              obj.index = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.part`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.index`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SnapshotRequestSequenceFieldEvent {
    field: '$.sequence'
    value: number
  }

  export interface SnapshotRequestPartFieldEvent {
    field: '$.part'
    value: number
  }

  export interface SnapshotRequestIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export function encode (obj: Partial<SnapshotRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SnapshotRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SnapshotRequest>): SnapshotRequest {
    return decodeMessage(buf, SnapshotRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SnapshotRequest>): Generator<SnapshotRequestSequenceFieldEvent | SnapshotRequestPartFieldEvent | SnapshotRequestIndexFieldEvent> {
    return streamMessage(buf, SnapshotRequest.codec(), opts)
  }
}

export interface SnapshotManifest {
  certificate?: WireCertificate
  applicationRoot: Uint8Array<ArrayBuffer>
  applicationChunks: number
  logTimeMs: number
  floorMs: number
  firstSequence: number
  windowChunks: number
  keyParts: Uint8Array<ArrayBuffer>[]
}

export namespace SnapshotManifest {
  let _codec: Codec<SnapshotManifest>

  export const codec = (): Codec<SnapshotManifest> => {
    if (_codec == null) {
      _codec = message<SnapshotManifest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.certificate != null) {
          w.uint32(10)
          WireCertificate.codec().encode(obj.certificate, w)
        }

        if ((obj.applicationRoot != null && obj.applicationRoot.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.applicationRoot)
        }

        if ((obj.applicationChunks != null && obj.applicationChunks !== 0)) {
          w.uint32(24)
          w.uint32(obj.applicationChunks)
        }

        if ((obj.logTimeMs != null && obj.logTimeMs !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.logTimeMs)
        }

        if ((obj.floorMs != null && obj.floorMs !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.floorMs)
        }

        if ((obj.firstSequence != null && obj.firstSequence !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.firstSequence)
        }

        if ((obj.windowChunks != null && obj.windowChunks !== 0)) {
          w.uint32(56)
          w.uint32(obj.windowChunks)
        }

        if (obj.keyParts != null && obj.keyParts.length > 0) {
          for (const value of obj.keyParts) {
            w.uint32(66)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          applicationRoot: uint8ArrayAlloc(0),
          applicationChunks: 0,
          logTimeMs: 0,
          floorMs: 0,
          firstSequence: 0,
          windowChunks: 0,
          keyParts: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.certificate = WireCertificate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.certificate
              })
              break
            }
            case 2: {
              obj.applicationRoot = reader.bytes()
              break
            }
            case 3: {
              obj.applicationChunks = reader.uint32()
              break
            }
            case 4: {
              obj.logTimeMs = reader.uint64Number()
              break
            }
            case 5: {
              obj.floorMs = reader.uint64Number()
              break
            }
            case 6: {
              obj.firstSequence = reader.uint64Number()
              break
            }
            case 7: {
              obj.windowChunks = reader.uint32()
              break
            }
            case 8: {
              if (opts.limits?.keyParts != null && obj.keyParts.length === opts.limits.keyParts) {
                throw new MaxLengthError('Decode error - repeated field "keyParts" had too many elements')
              }

              obj.keyParts.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          keyParts: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * WireCertificate.codec().stream(reader, reader.uint32(), `${prefix}.certificate`, {
                limits: opts.limits?.certificate
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.applicationRoot`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.applicationChunks`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.logTimeMs`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.floorMs`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.firstSequence`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.windowChunks`,
                value: reader.uint32()
              }
              break
            }
            case 8: {
              if (opts.limits?.keyParts != null && obj.keyParts === opts.limits.keyParts) {
                throw new MaxLengthError('Streaming decode error - repeated field "keyParts" had too many elements')
              }

              yield {
                field: `${prefix}.keyParts[]`,
                index: obj.keyParts,
                value: reader.bytes()
              }

              obj.keyParts++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SnapshotManifestCertificateStatementEpochFieldEvent {
    field: '$.certificate.statement.epoch'
    value: number
  }

  export interface SnapshotManifestCertificateStatementSequenceFieldEvent {
    field: '$.certificate.statement.sequence'
    value: number
  }

  export interface SnapshotManifestCertificateStatementHistoryDigestFieldEvent {
    field: '$.certificate.statement.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SnapshotManifestCertificateStatementStateRootFieldEvent {
    field: '$.certificate.statement.stateRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SnapshotManifestCertificateStatementMembersHashFieldEvent {
    field: '$.certificate.statement.membersHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SnapshotManifestCertificateStatementLogTimeMsFieldEvent {
    field: '$.certificate.statement.logTimeMs'
    value: number
  }

  export interface SnapshotManifestCertificateSignaturesReplicaFieldEvent {
    field: '$.certificate.signatures[].replica'
    value: number
    index: number
  }

  export interface SnapshotManifestCertificateSignaturesSignatureFieldEvent {
    field: '$.certificate.signatures[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface SnapshotManifestApplicationRootFieldEvent {
    field: '$.applicationRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SnapshotManifestApplicationChunksFieldEvent {
    field: '$.applicationChunks'
    value: number
  }

  export interface SnapshotManifestLogTimeMsFieldEvent {
    field: '$.logTimeMs'
    value: number
  }

  export interface SnapshotManifestFloorMsFieldEvent {
    field: '$.floorMs'
    value: number
  }

  export interface SnapshotManifestFirstSequenceFieldEvent {
    field: '$.firstSequence'
    value: number
  }

  export interface SnapshotManifestWindowChunksFieldEvent {
    field: '$.windowChunks'
    value: number
  }

  export interface SnapshotManifestKeyPartsFieldEvent {
    field: '$.keyParts[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<SnapshotManifest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SnapshotManifest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SnapshotManifest>): SnapshotManifest {
    return decodeMessage(buf, SnapshotManifest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SnapshotManifest>): Generator<SnapshotManifestCertificateStatementEpochFieldEvent | SnapshotManifestCertificateStatementSequenceFieldEvent | SnapshotManifestCertificateStatementHistoryDigestFieldEvent | SnapshotManifestCertificateStatementStateRootFieldEvent | SnapshotManifestCertificateStatementMembersHashFieldEvent | SnapshotManifestCertificateStatementLogTimeMsFieldEvent | SnapshotManifestCertificateSignaturesReplicaFieldEvent | SnapshotManifestCertificateSignaturesSignatureFieldEvent | SnapshotManifestApplicationRootFieldEvent | SnapshotManifestApplicationChunksFieldEvent | SnapshotManifestLogTimeMsFieldEvent | SnapshotManifestFloorMsFieldEvent | SnapshotManifestFirstSequenceFieldEvent | SnapshotManifestWindowChunksFieldEvent | SnapshotManifestKeyPartsFieldEvent> {
    return streamMessage(buf, SnapshotManifest.codec(), opts)
  }
}

export interface WireReceipt {
  id: Uint8Array<ArrayBuffer>
  code: number
  data: Uint8Array<ArrayBuffer>
}

export namespace WireReceipt {
  let _codec: Codec<WireReceipt>

  export const codec = (): Codec<WireReceipt> => {
    if (_codec == null) {
      _codec = message<WireReceipt>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.id)
        }

        if ((obj.code != null && obj.code !== 0)) {
          w.uint32(16)
          w.uint32(obj.code)
        }

        if ((obj.data != null && obj.data.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.data)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: uint8ArrayAlloc(0),
          code: 0,
          data: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.bytes()
              break
            }
            case 2: {
              obj.code = reader.uint32()
              break
            }
            case 3: {
              obj.data = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.code`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.data`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireReceiptIdFieldEvent {
    field: '$.id'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireReceiptCodeFieldEvent {
    field: '$.code'
    value: number
  }

  export interface WireReceiptDataFieldEvent {
    field: '$.data'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<WireReceipt>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireReceipt.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireReceipt>): WireReceipt {
    return decodeMessage(buf, WireReceipt.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireReceipt>): Generator<WireReceiptIdFieldEvent | WireReceiptCodeFieldEvent | WireReceiptDataFieldEvent> {
    return streamMessage(buf, WireReceipt.codec(), opts)
  }
}

export interface WireSegment {
  sequence: number
  proposalDigest: Uint8Array<ArrayBuffer>
  logTimeMs: number
  receiptsRoot: Uint8Array<ArrayBuffer>
  receipts: WireReceipt[]
}

export namespace WireSegment {
  let _codec: Codec<WireSegment>

  export const codec = (): Codec<WireSegment> => {
    if (_codec == null) {
      _codec = message<WireSegment>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sequence != null && obj.sequence !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.sequence)
        }

        if ((obj.proposalDigest != null && obj.proposalDigest.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.proposalDigest)
        }

        if ((obj.logTimeMs != null && obj.logTimeMs !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.logTimeMs)
        }

        if ((obj.receiptsRoot != null && obj.receiptsRoot.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.receiptsRoot)
        }

        if (obj.receipts != null && obj.receipts.length > 0) {
          for (const value of obj.receipts) {
            w.uint32(42)
            WireReceipt.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sequence: 0,
          proposalDigest: uint8ArrayAlloc(0),
          logTimeMs: 0,
          receiptsRoot: uint8ArrayAlloc(0),
          receipts: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sequence = reader.uint64Number()
              break
            }
            case 2: {
              obj.proposalDigest = reader.bytes()
              break
            }
            case 3: {
              obj.logTimeMs = reader.uint64Number()
              break
            }
            case 4: {
              obj.receiptsRoot = reader.bytes()
              break
            }
            case 5: {
              if (opts.limits?.receipts != null && obj.receipts.length === opts.limits.receipts) {
                throw new MaxLengthError('Decode error - repeated field "receipts" had too many elements')
              }

              obj.receipts.push(WireReceipt.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.receipts$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          receipts: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.proposalDigest`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.logTimeMs`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.receiptsRoot`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              if (opts.limits?.receipts != null && obj.receipts === opts.limits.receipts) {
                throw new MaxLengthError('Streaming decode error - repeated field "receipts" had too many elements')
              }

              for (const evt of WireReceipt.codec().stream(reader, reader.uint32(), `${prefix}.receipts[]`, {
                limits: opts.limits?.receipts$
              })) {
                yield {
                  ...evt,
                  index: obj.receipts
                }
              }

              obj.receipts++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireSegmentSequenceFieldEvent {
    field: '$.sequence'
    value: number
  }

  export interface WireSegmentProposalDigestFieldEvent {
    field: '$.proposalDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireSegmentLogTimeMsFieldEvent {
    field: '$.logTimeMs'
    value: number
  }

  export interface WireSegmentReceiptsRootFieldEvent {
    field: '$.receiptsRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireSegmentReceiptsIdFieldEvent {
    field: '$.receipts[].id'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WireSegmentReceiptsCodeFieldEvent {
    field: '$.receipts[].code'
    value: number
    index: number
  }

  export interface WireSegmentReceiptsDataFieldEvent {
    field: '$.receipts[].data'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export function encode (obj: Partial<WireSegment>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireSegment.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireSegment>): WireSegment {
    return decodeMessage(buf, WireSegment.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireSegment>): Generator<WireSegmentSequenceFieldEvent | WireSegmentProposalDigestFieldEvent | WireSegmentLogTimeMsFieldEvent | WireSegmentReceiptsRootFieldEvent | WireSegmentReceiptsIdFieldEvent | WireSegmentReceiptsCodeFieldEvent | WireSegmentReceiptsDataFieldEvent> {
    return streamMessage(buf, WireSegment.codec(), opts)
  }
}

export interface WindowChunk {
  historyBefore: Uint8Array<ArrayBuffer>
  segments: WireSegment[]
}

export namespace WindowChunk {
  let _codec: Codec<WindowChunk>

  export const codec = (): Codec<WindowChunk> => {
    if (_codec == null) {
      _codec = message<WindowChunk>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.historyBefore != null && obj.historyBefore.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.historyBefore)
        }

        if (obj.segments != null && obj.segments.length > 0) {
          for (const value of obj.segments) {
            w.uint32(18)
            WireSegment.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          historyBefore: uint8ArrayAlloc(0),
          segments: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.historyBefore = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.segments != null && obj.segments.length === opts.limits.segments) {
                throw new MaxLengthError('Decode error - repeated field "segments" had too many elements')
              }

              obj.segments.push(WireSegment.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.segments$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          segments: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.historyBefore`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              if (opts.limits?.segments != null && obj.segments === opts.limits.segments) {
                throw new MaxLengthError('Streaming decode error - repeated field "segments" had too many elements')
              }

              for (const evt of WireSegment.codec().stream(reader, reader.uint32(), `${prefix}.segments[]`, {
                limits: opts.limits?.segments$
              })) {
                yield {
                  ...evt,
                  index: obj.segments
                }
              }

              obj.segments++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WindowChunkHistoryBeforeFieldEvent {
    field: '$.historyBefore'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WindowChunkSegmentsSequenceFieldEvent {
    field: '$.segments[].sequence'
    value: number
    index: number
  }

  export interface WindowChunkSegmentsProposalDigestFieldEvent {
    field: '$.segments[].proposalDigest'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WindowChunkSegmentsLogTimeMsFieldEvent {
    field: '$.segments[].logTimeMs'
    value: number
    index: number
  }

  export interface WindowChunkSegmentsReceiptsRootFieldEvent {
    field: '$.segments[].receiptsRoot'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WindowChunkSegmentsReceiptsIdFieldEvent {
    field: '$.segments[].receipts[].id'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface WindowChunkSegmentsReceiptsCodeFieldEvent {
    field: '$.segments[].receipts[].code'
    value: number
    index: number
  }

  export interface WindowChunkSegmentsReceiptsDataFieldEvent {
    field: '$.segments[].receipts[].data'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export function encode (obj: Partial<WindowChunk>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WindowChunk.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WindowChunk>): WindowChunk {
    return decodeMessage(buf, WindowChunk.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WindowChunk>): Generator<WindowChunkHistoryBeforeFieldEvent | WindowChunkSegmentsSequenceFieldEvent | WindowChunkSegmentsProposalDigestFieldEvent | WindowChunkSegmentsLogTimeMsFieldEvent | WindowChunkSegmentsReceiptsRootFieldEvent | WindowChunkSegmentsReceiptsIdFieldEvent | WindowChunkSegmentsReceiptsCodeFieldEvent | WindowChunkSegmentsReceiptsDataFieldEvent> {
    return streamMessage(buf, WindowChunk.codec(), opts)
  }
}

export interface TransactionsRequest {
  transactions: TransactionFields[]
}

export namespace TransactionsRequest {
  let _codec: Codec<TransactionsRequest>

  export const codec = (): Codec<TransactionsRequest> => {
    if (_codec == null) {
      _codec = message<TransactionsRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.transactions != null && obj.transactions.length > 0) {
          for (const value of obj.transactions) {
            w.uint32(10)
            TransactionFields.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          transactions: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.transactions != null && obj.transactions.length === opts.limits.transactions) {
                throw new MaxLengthError('Decode error - repeated field "transactions" had too many elements')
              }

              obj.transactions.push(TransactionFields.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.transactions$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          transactions: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.transactions != null && obj.transactions === opts.limits.transactions) {
                throw new MaxLengthError('Streaming decode error - repeated field "transactions" had too many elements')
              }

              for (const evt of TransactionFields.codec().stream(reader, reader.uint32(), `${prefix}.transactions[]`, {
                limits: opts.limits?.transactions$
              })) {
                yield {
                  ...evt,
                  index: obj.transactions
                }
              }

              obj.transactions++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface TransactionsRequestTransactionsClientFieldEvent {
    field: '$.transactions[].client'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface TransactionsRequestTransactionsTimestampMsFieldEvent {
    field: '$.transactions[].timestampMs'
    value: number
    index: number
  }

  export interface TransactionsRequestTransactionsNonceFieldEvent {
    field: '$.transactions[].nonce'
    value: number
    index: number
  }

  export interface TransactionsRequestTransactionsOperationFieldEvent {
    field: '$.transactions[].operation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface TransactionsRequestTransactionsSignatureFieldEvent {
    field: '$.transactions[].signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface TransactionsRequestTransactionsKindFieldEvent {
    field: '$.transactions[].kind'
    value: number
    index: number
  }

  export function encode (obj: Partial<TransactionsRequest>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, TransactionsRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TransactionsRequest>): TransactionsRequest {
    return decodeMessage(buf, TransactionsRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TransactionsRequest>): Generator<TransactionsRequestTransactionsClientFieldEvent | TransactionsRequestTransactionsTimestampMsFieldEvent | TransactionsRequestTransactionsNonceFieldEvent | TransactionsRequestTransactionsOperationFieldEvent | TransactionsRequestTransactionsSignatureFieldEvent | TransactionsRequestTransactionsKindFieldEvent> {
    return streamMessage(buf, TransactionsRequest.codec(), opts)
  }
}

export interface TransactionOutcome {
  accepted: boolean
  committed: boolean
  code: string
  message: string
}

export namespace TransactionOutcome {
  let _codec: Codec<TransactionOutcome>

  export const codec = (): Codec<TransactionOutcome> => {
    if (_codec == null) {
      _codec = message<TransactionOutcome>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.accepted != null && obj.accepted !== false)) {
          w.uint32(8)
          w.bool(obj.accepted)
        }

        if ((obj.committed != null && obj.committed !== false)) {
          w.uint32(16)
          w.bool(obj.committed)
        }

        if ((obj.code != null && obj.code !== '')) {
          w.uint32(26)
          w.string(obj.code)
        }

        if ((obj.message != null && obj.message !== '')) {
          w.uint32(34)
          w.string(obj.message)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          accepted: false,
          committed: false,
          code: '',
          message: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.accepted = reader.bool()
              break
            }
            case 2: {
              obj.committed = reader.bool()
              break
            }
            case 3: {
              obj.code = reader.string()
              break
            }
            case 4: {
              obj.message = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.accepted`,
                value: reader.bool()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.committed`,
                value: reader.bool()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.code`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.message`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface TransactionOutcomeAcceptedFieldEvent {
    field: '$.accepted'
    value: boolean
  }

  export interface TransactionOutcomeCommittedFieldEvent {
    field: '$.committed'
    value: boolean
  }

  export interface TransactionOutcomeCodeFieldEvent {
    field: '$.code'
    value: string
  }

  export interface TransactionOutcomeMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export function encode (obj: Partial<TransactionOutcome>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, TransactionOutcome.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TransactionOutcome>): TransactionOutcome {
    return decodeMessage(buf, TransactionOutcome.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TransactionOutcome>): Generator<TransactionOutcomeAcceptedFieldEvent | TransactionOutcomeCommittedFieldEvent | TransactionOutcomeCodeFieldEvent | TransactionOutcomeMessageFieldEvent> {
    return streamMessage(buf, TransactionOutcome.codec(), opts)
  }
}

export interface TransactionsAnswer {
  outcomes: TransactionOutcome[]
}

export namespace TransactionsAnswer {
  let _codec: Codec<TransactionsAnswer>

  export const codec = (): Codec<TransactionsAnswer> => {
    if (_codec == null) {
      _codec = message<TransactionsAnswer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.outcomes != null && obj.outcomes.length > 0) {
          for (const value of obj.outcomes) {
            w.uint32(10)
            TransactionOutcome.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          outcomes: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.outcomes != null && obj.outcomes.length === opts.limits.outcomes) {
                throw new MaxLengthError('Decode error - repeated field "outcomes" had too many elements')
              }

              obj.outcomes.push(TransactionOutcome.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.outcomes$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          outcomes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.outcomes != null && obj.outcomes === opts.limits.outcomes) {
                throw new MaxLengthError('Streaming decode error - repeated field "outcomes" had too many elements')
              }

              for (const evt of TransactionOutcome.codec().stream(reader, reader.uint32(), `${prefix}.outcomes[]`, {
                limits: opts.limits?.outcomes$
              })) {
                yield {
                  ...evt,
                  index: obj.outcomes
                }
              }

              obj.outcomes++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface TransactionsAnswerOutcomesAcceptedFieldEvent {
    field: '$.outcomes[].accepted'
    value: boolean
    index: number
  }

  export interface TransactionsAnswerOutcomesCommittedFieldEvent {
    field: '$.outcomes[].committed'
    value: boolean
    index: number
  }

  export interface TransactionsAnswerOutcomesCodeFieldEvent {
    field: '$.outcomes[].code'
    value: string
    index: number
  }

  export interface TransactionsAnswerOutcomesMessageFieldEvent {
    field: '$.outcomes[].message'
    value: string
    index: number
  }

  export function encode (obj: Partial<TransactionsAnswer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, TransactionsAnswer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TransactionsAnswer>): TransactionsAnswer {
    return decodeMessage(buf, TransactionsAnswer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TransactionsAnswer>): Generator<TransactionsAnswerOutcomesAcceptedFieldEvent | TransactionsAnswerOutcomesCommittedFieldEvent | TransactionsAnswerOutcomesCodeFieldEvent | TransactionsAnswerOutcomesMessageFieldEvent> {
    return streamMessage(buf, TransactionsAnswer.codec(), opts)
  }
}

export interface StoredPrepared {
  prepared?: WirePrepared
  envelopes: Uint8Array<ArrayBuffer>[]
}

export namespace StoredPrepared {
  let _codec: Codec<StoredPrepared>

  export const codec = (): Codec<StoredPrepared> => {
    if (_codec == null) {
      _codec = message<StoredPrepared>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.prepared != null) {
          w.uint32(10)
          WirePrepared.codec().encode(obj.prepared, w)
        }

        if (obj.envelopes != null && obj.envelopes.length > 0) {
          for (const value of obj.envelopes) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          envelopes: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.prepared = WirePrepared.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prepared
              })
              break
            }
            case 2: {
              if (opts.limits?.envelopes != null && obj.envelopes.length === opts.limits.envelopes) {
                throw new MaxLengthError('Decode error - repeated field "envelopes" had too many elements')
              }

              obj.envelopes.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          envelopes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * WirePrepared.codec().stream(reader, reader.uint32(), `${prefix}.prepared`, {
                limits: opts.limits?.prepared
              })

              break
            }
            case 2: {
              if (opts.limits?.envelopes != null && obj.envelopes === opts.limits.envelopes) {
                throw new MaxLengthError('Streaming decode error - repeated field "envelopes" had too many elements')
              }

              yield {
                field: `${prefix}.envelopes[]`,
                index: obj.envelopes,
                value: reader.bytes()
              }

              obj.envelopes++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface StoredPreparedPreparedViewFieldEvent {
    field: '$.prepared.view'
    value: number
  }

  export interface StoredPreparedPreparedSequenceFieldEvent {
    field: '$.prepared.sequence'
    value: number
  }

  export interface StoredPreparedPreparedDigestFieldEvent {
    field: '$.prepared.digest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StoredPreparedPreparedPrePrepareFieldEvent {
    field: '$.prepared.prePrepare'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StoredPreparedPreparedPreparesFieldEvent {
    field: '$.prepared.prepares[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface StoredPreparedEnvelopesFieldEvent {
    field: '$.envelopes[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<StoredPrepared>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, StoredPrepared.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StoredPrepared>): StoredPrepared {
    return decodeMessage(buf, StoredPrepared.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StoredPrepared>): Generator<StoredPreparedPreparedViewFieldEvent | StoredPreparedPreparedSequenceFieldEvent | StoredPreparedPreparedDigestFieldEvent | StoredPreparedPreparedPrePrepareFieldEvent | StoredPreparedPreparedPreparesFieldEvent | StoredPreparedEnvelopesFieldEvent> {
    return streamMessage(buf, StoredPrepared.codec(), opts)
  }
}

export interface StoredView {
  view: number
  active: boolean
  newView?: Uint8Array<ArrayBuffer>
}

export namespace StoredView {
  let _codec: Codec<StoredView>

  export const codec = (): Codec<StoredView> => {
    if (_codec == null) {
      _codec = message<StoredView>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.view != null && obj.view !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.view)
        }

        if ((obj.active != null && obj.active !== false)) {
          w.uint32(16)
          w.bool(obj.active)
        }

        if (obj.newView != null) {
          w.uint32(26)
          w.bytes(obj.newView)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          view: 0,
          active: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.view = reader.uint64Number()
              break
            }
            case 2: {
              obj.active = reader.bool()
              break
            }
            case 3: {
              obj.newView = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.view`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.active`,
                value: reader.bool()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.newView`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface StoredViewViewFieldEvent {
    field: '$.view'
    value: number
  }

  export interface StoredViewActiveFieldEvent {
    field: '$.active'
    value: boolean
  }

  export interface StoredViewNewViewFieldEvent {
    field: '$.newView'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<StoredView>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, StoredView.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StoredView>): StoredView {
    return decodeMessage(buf, StoredView.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StoredView>): Generator<StoredViewViewFieldEvent | StoredViewActiveFieldEvent | StoredViewNewViewFieldEvent> {
    return streamMessage(buf, StoredView.codec(), opts)
  }
}

export interface StoredSequence {
  segment?: WireSegment
  historyDigest: Uint8Array<ArrayBuffer>
  view: number
}

export namespace StoredSequence {
  let _codec: Codec<StoredSequence>

  export const codec = (): Codec<StoredSequence> => {
    if (_codec == null) {
      _codec = message<StoredSequence>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.segment != null) {
          w.uint32(10)
          WireSegment.codec().encode(obj.segment, w)
        }

        if ((obj.historyDigest != null && obj.historyDigest.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.historyDigest)
        }

        if ((obj.view != null && obj.view !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.view)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          historyDigest: uint8ArrayAlloc(0),
          view: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.segment = WireSegment.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.segment
              })
              break
            }
            case 2: {
              obj.historyDigest = reader.bytes()
              break
            }
            case 3: {
              obj.view = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * WireSegment.codec().stream(reader, reader.uint32(), `${prefix}.segment`, {
                limits: opts.limits?.segment
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.historyDigest`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.view`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface StoredSequenceSegmentSequenceFieldEvent {
    field: '$.segment.sequence'
    value: number
  }

  export interface StoredSequenceSegmentProposalDigestFieldEvent {
    field: '$.segment.proposalDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StoredSequenceSegmentLogTimeMsFieldEvent {
    field: '$.segment.logTimeMs'
    value: number
  }

  export interface StoredSequenceSegmentReceiptsRootFieldEvent {
    field: '$.segment.receiptsRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StoredSequenceSegmentReceiptsIdFieldEvent {
    field: '$.segment.receipts[].id'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface StoredSequenceSegmentReceiptsCodeFieldEvent {
    field: '$.segment.receipts[].code'
    value: number
    index: number
  }

  export interface StoredSequenceSegmentReceiptsDataFieldEvent {
    field: '$.segment.receipts[].data'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface StoredSequenceHistoryDigestFieldEvent {
    field: '$.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StoredSequenceViewFieldEvent {
    field: '$.view'
    value: number
  }

  export function encode (obj: Partial<StoredSequence>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, StoredSequence.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StoredSequence>): StoredSequence {
    return decodeMessage(buf, StoredSequence.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StoredSequence>): Generator<StoredSequenceSegmentSequenceFieldEvent | StoredSequenceSegmentProposalDigestFieldEvent | StoredSequenceSegmentLogTimeMsFieldEvent | StoredSequenceSegmentReceiptsRootFieldEvent | StoredSequenceSegmentReceiptsIdFieldEvent | StoredSequenceSegmentReceiptsCodeFieldEvent | StoredSequenceSegmentReceiptsDataFieldEvent | StoredSequenceHistoryDigestFieldEvent | StoredSequenceViewFieldEvent> {
    return streamMessage(buf, StoredSequence.codec(), opts)
  }
}

export interface StoredLink {
  segment?: WireLink
  historyDigest: Uint8Array<ArrayBuffer>
}

export namespace StoredLink {
  let _codec: Codec<StoredLink>

  export const codec = (): Codec<StoredLink> => {
    if (_codec == null) {
      _codec = message<StoredLink>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.segment != null) {
          w.uint32(10)
          WireLink.codec().encode(obj.segment, w)
        }

        if ((obj.historyDigest != null && obj.historyDigest.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.historyDigest)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          historyDigest: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.segment = WireLink.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.segment
              })
              break
            }
            case 2: {
              obj.historyDigest = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * WireLink.codec().stream(reader, reader.uint32(), `${prefix}.segment`, {
                limits: opts.limits?.segment
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.historyDigest`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface StoredLinkSegmentSequenceFieldEvent {
    field: '$.segment.sequence'
    value: number
  }

  export interface StoredLinkSegmentProposalDigestFieldEvent {
    field: '$.segment.proposalDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StoredLinkSegmentLogTimeMsFieldEvent {
    field: '$.segment.logTimeMs'
    value: number
  }

  export interface StoredLinkSegmentReceiptsRootFieldEvent {
    field: '$.segment.receiptsRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StoredLinkHistoryDigestFieldEvent {
    field: '$.historyDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<StoredLink>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, StoredLink.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StoredLink>): StoredLink {
    return decodeMessage(buf, StoredLink.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StoredLink>): Generator<StoredLinkSegmentSequenceFieldEvent | StoredLinkSegmentProposalDigestFieldEvent | StoredLinkSegmentLogTimeMsFieldEvent | StoredLinkSegmentReceiptsRootFieldEvent | StoredLinkHistoryDigestFieldEvent> {
    return streamMessage(buf, StoredLink.codec(), opts)
  }
}

export interface WireLink {
  sequence: number
  proposalDigest: Uint8Array<ArrayBuffer>
  logTimeMs: number
  receiptsRoot: Uint8Array<ArrayBuffer>
}

export namespace WireLink {
  let _codec: Codec<WireLink>

  export const codec = (): Codec<WireLink> => {
    if (_codec == null) {
      _codec = message<WireLink>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sequence != null && obj.sequence !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.sequence)
        }

        if ((obj.proposalDigest != null && obj.proposalDigest.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.proposalDigest)
        }

        if ((obj.logTimeMs != null && obj.logTimeMs !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.logTimeMs)
        }

        if ((obj.receiptsRoot != null && obj.receiptsRoot.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.receiptsRoot)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sequence: 0,
          proposalDigest: uint8ArrayAlloc(0),
          logTimeMs: 0,
          receiptsRoot: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sequence = reader.uint64Number()
              break
            }
            case 2: {
              obj.proposalDigest = reader.bytes()
              break
            }
            case 3: {
              obj.logTimeMs = reader.uint64Number()
              break
            }
            case 4: {
              obj.receiptsRoot = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.sequence`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.proposalDigest`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.logTimeMs`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.receiptsRoot`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface WireLinkSequenceFieldEvent {
    field: '$.sequence'
    value: number
  }

  export interface WireLinkProposalDigestFieldEvent {
    field: '$.proposalDigest'
    value: Uint8Array<ArrayBuffer>
  }

  export interface WireLinkLogTimeMsFieldEvent {
    field: '$.logTimeMs'
    value: number
  }

  export interface WireLinkReceiptsRootFieldEvent {
    field: '$.receiptsRoot'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<WireLink>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, WireLink.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireLink>): WireLink {
    return decodeMessage(buf, WireLink.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WireLink>): Generator<WireLinkSequenceFieldEvent | WireLinkProposalDigestFieldEvent | WireLinkLogTimeMsFieldEvent | WireLinkReceiptsRootFieldEvent> {
    return streamMessage(buf, WireLink.codec(), opts)
  }
}
