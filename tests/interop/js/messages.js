// The peer protocol's messages (schemas/peer.fbs) as values, and their way to bytes and back.
// SPDX-License-Identifier: LGPL-2.1-or-later
import * as flatbuffers from 'flatbuffers';
import { Bye } from 'wire/bye';
import { ChunkRange } from 'wire/chunk-range';
import { Handshake } from 'wire/handshake';
import { Have } from 'wire/have';
import { MessageKind } from 'wire/message-kind';
import { Name } from 'wire/name';
import { ObjectHave } from 'wire/object-have';
import { ObjectKind } from 'wire/object-kind';
import { PeerId } from 'wire/peer-id';
import { Piece } from 'wire/piece';
import { ProtocolVersion } from 'wire/protocol-version';
import { Request } from 'wire/request';
import { Rid } from 'wire/rid';
import { fromHex } from './wire.js';

export { MessageKind };

const tablePrefix = 4; // the kind and three zeros, where a size prefix would be
const pieceHead = 24;

/** Bytes of a message that is a table: `write` returns where it is. */
function table(kind, write) {
  const builder = new flatbuffers.Builder(256);
  builder.finishSizePrefixed(write(builder));
  const bytes = builder.asUint8Array();
  bytes.set([kind, 0, 0, 0]);
  return bytes;
}

/** Bytes of a message that is a struct, which `write` creates; they are at the buffer's end. */
function struct(write) {
  const builder = new flatbuffers.Builder(64);
  const length = write(builder);
  return builder.dataBuffer().bytes().subarray(-length);
}

export const handshake = ({ rid, self, chunkSize }) =>
  table(MessageKind.Handshake, (builder) => {
    const agent = builder.createString('interop');
    Handshake.startHandshake(builder);
    Handshake.addVersion(builder, ProtocolVersion.createProtocolVersion(builder, 1, 0));
    Handshake.addRid(builder, Rid.createRid(builder, ...fromHex(rid)));
    Handshake.addPeerId(builder, PeerId.createPeerId(builder, ...fromHex(self)));
    Handshake.addChunkSize(builder, chunkSize);
    Handshake.addAgent(builder, agent);
    return Handshake.endHandshake(builder);
  });

/** The object's name and its first chunk. */
export const name = ({ object, size }) =>
  struct((builder) => Name.createName(
    builder, MessageKind.Name, 0, 0, 0, 1, object.sequenceNumber, object.version, size));

export const have = ({ object, size, chunks }) =>
  table(MessageKind.Have, (builder) => {
    ObjectHave.startChunksVector(builder, 1);
    ChunkRange.createChunkRange(builder, 0, chunks);
    const ranges = builder.endVector();
    ObjectHave.startObjectHave(builder);
    ObjectHave.addKind(builder, ObjectKind.Segment);
    ObjectHave.addSequenceNumber(builder, object.sequenceNumber);
    ObjectHave.addVersion(builder, object.version);
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
  struct((builder) => Request.createRequest(
    builder, MessageKind.Request, 0, chunk, 0, object.sequenceNumber, object.version));

export function piece({ object, chunk, payload }) {
  const bytes = new Uint8Array(pieceHead + payload.length);
  bytes.set(struct((builder) => Piece.createPiece(
    builder, MessageKind.Piece, pieceHead, chunk, payload.length, object.sequenceNumber, object.version)));
  bytes.set(payload, pieceHead);
  return bytes;
}

export const bye = (reason) =>
  table(MessageKind.Bye, (builder) => Bye.createBye(builder, builder.createString(reason)));

const readObject = (named) => ({
  sequenceNumber: named.sequenceNumber(),
  version: named.version(),
});

/** { kind, ... }; the payload of a piece points into `bytes`. */
export function decode(bytes) {
  const buffer = new flatbuffers.ByteBuffer(bytes);
  const kind = bytes[0];
  const readTable = (read) => {
    buffer.setPosition(tablePrefix);
    return read(buffer);
  };
  switch (kind) {
    case MessageKind.Handshake: {
      const body = readTable(Handshake.getRootAsHandshake);
      return { kind, chunkSize: body.chunkSize(), agent: body.agent() };
    }
    case MessageKind.Have: {
      const body = readTable(Have.getRootAsHave);
      if (body.objectsLength() === 0) return { kind };
      const first = body.objects(0);
      return { kind, object: readObject(first), size: Number(first.size()) };
    }
    case MessageKind.Name: {
      const body = new Name().__init(0, buffer);
      return { kind, object: readObject(body), size: body.size() };
    }
    case MessageKind.Request: {
      const body = new Request().__init(0, buffer);
      return { kind, object: readObject(body), chunk: body.chunk() };
    }
    case MessageKind.Piece: {
      const body = new Piece().__init(0, buffer);
      return { kind, chunk: body.chunk(), payload: bytes.subarray(body.head(), body.head() + body.size()) };
    }
    case MessageKind.Bye:
      return { kind, reason: readTable(Bye.getRootAsBye).reason() };
    default:
      return { kind };
  }
}
