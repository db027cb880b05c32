package io.polycall;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;

/** The direct buffers through which an upcall gets a message and leaves one. */
final class UpcallSlot {
  private final ByteBuffer in;
  private final ByteBuffer out;

  UpcallSlot(ByteBuffer in, ByteBuffer out) {
    this.in = in;
    this.out = out;
  }

  /** Reads the message that came with an upcall; null at the end of a stream. */
  <T extends MessageLite> T read(int size, Object large, MessageClass<T> type)
      throws InvalidProtocolBufferException {
    if (size >= 0) {
      in.limit(size).position(0);
      return type.parse(in);
    }
    return size == Scratch.END ? null : Scratch.content(large, type);
  }

  /** Writes a response if it fits; its size, or -1. */
  int write(MessageLite message) {
    int size = message.getSerializedSize();
    if (size > out.capacity()) {
      return -1;
    }
    out.clear();
    MessageClass.write(message, out);
    return size;
  }
}
