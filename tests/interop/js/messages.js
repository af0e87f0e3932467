// The peer protocol's messages (schemas/peer.fbs) as values, and their way to bytes and back.
// SPDX-License-Identifier: LGPL-2.1-or-later
import * as flatbuffers from 'flatbuffers';
import { Bye } from 'wire/bye';
import { ChunkRange } from 'wire/chunk-range';
import { Handshake } from 'wire/handshake';
import { Have } from 'wire/have';
import { Object_ } from 'wire/object';
import { ObjectHave } from 'wire/object-have';
import { ObjectKind } from 'wire/object-kind';
import { PeerBody, unionToPeerBody } from 'wire/peer-body';
import { PeerId } from 'wire/peer-id';
import { PeerMessage } from 'wire/peer-message';
import { Piece } from 'wire/piece';
import { ProtocolVersion } from 'wire/protocol-version';
import { Request } from 'wire/request';
import { Rid } from 'wire/rid';
import { fromHex } from './wire.js';

export { PeerBody };

/** Bytes of one message: `body` writes the union's member, `payload` follows the envelope. */
function message(kind, body, payload = new Uint8Array()) {
  const builder = new flatbuffers.Builder(256);
  const bodyAt = body(builder);
  PeerMessage.finishSizePrefixedPeerMessageBuffer(
    builder, PeerMessage.createPeerMessage(builder, kind, bodyAt));
  const envelope = builder.asUint8Array();
  const bytes = new Uint8Array(envelope.length + payload.length);
  bytes.set(envelope);
  bytes.set(payload, envelope.length);
  return bytes;
}

const writeObject = (builder, { sequenceNumber, version }) =>
  Object_.createObject(builder, ObjectKind.Segment, sequenceNumber, 0, version);

export const handshake = ({ rid, self, chunkSize }) =>
  message(PeerBody.Handshake, (builder) => {
    const agent = builder.createString('interop');
    Handshake.startHandshake(builder);
    Handshake.addVersion(builder, ProtocolVersion.createProtocolVersion(builder, 1, 0));
    Handshake.addRid(builder, Rid.createRid(builder, ...fromHex(rid)));
    Handshake.addPeerId(builder, PeerId.createPeerId(builder, ...fromHex(self)));
    Handshake.addChunkSize(builder, chunkSize);
    Handshake.addAgent(builder, agent);
    return Handshake.endHandshake(builder);
  });

export const have = ({ object, size, chunks }) =>
  message(PeerBody.Have, (builder) => {
    ObjectHave.startChunksVector(builder, 1);
    ChunkRange.createChunkRange(builder, 0, chunks);
    const ranges = builder.endVector();
    const name = writeObject(builder, object);
    ObjectHave.startObjectHave(builder);
    ObjectHave.addObject(builder, name);
    ObjectHave.addSize(builder, BigInt(size));
    ObjectHave.addChunks(builder, ranges);
    const objects = Have.createObjectsVector(builder, [ObjectHave.endObjectHave(builder)]);
    Have.startHave(builder);
    Have.addObjects(builder, objects);
    Have.addOldest(builder, object.sequenceNumber);
    Have.addNewestListed(builder, object.sequenceNumber);
    return Have.endHave(builder);
  });

export const request = ({ object, chunk }) =>
  message(PeerBody.Request, (builder) => {
    const name = writeObject(builder, object);
    Request.startRequest(builder);
    Request.addObject(builder, name);
    Request.addChunk(builder, chunk);
    return Request.endRequest(builder);
  });

export const piece = ({ object, chunk, payload }) =>
  message(
    PeerBody.Piece,
    (builder) => Piece.createPiece(builder, writeObject(builder, object), chunk, payload.length),
    payload);

export const bye = (reason) =>
  message(PeerBody.Bye, (builder) => Bye.createBye(builder, builder.createString(reason)));

const readObject = (object) => ({
  sequenceNumber: object.sequenceNumber(),
  version: object.version(),
});

/** { kind, ... }; the payload of a piece points into `bytes`. */
export function decode(bytes) {
  const buffer = new flatbuffers.ByteBuffer(bytes);
  const end = flatbuffers.SIZE_PREFIX_LENGTH + buffer.readInt32(0);
  const wire = PeerMessage.getSizePrefixedRootAsPeerMessage(buffer);
  const kind = wire.bodyType();
  const body = unionToPeerBody(kind, (empty) => wire.body(empty));
  switch (kind) {
    case PeerBody.Handshake:
      return { kind, chunkSize: body.chunkSize(), agent: body.agent() };
    case PeerBody.Have: {
      if (body.objectsLength() === 0) return { kind };
      const first = body.objects(0);
      return { kind, object: readObject(first.object()), size: Number(first.size()) };
    }
    case PeerBody.Request:
      return { kind, object: readObject(body.object()), chunk: body.chunk() };
    case PeerBody.Piece:
      return { kind, chunk: body.chunk(), payload: bytes.subarray(end, end + body.size()) };
    case PeerBody.Bye:
      return { kind, reason: body.reason() };
    default:
      return { kind };
  }
}
