package io.polycall;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A thread's direct buffers for what it hands to native functions and gets from them. Made once; a
 * call within a call (a handler that calls another within the process) uses another one.
 */
final class Scratch {
  /** There is no message. */
  static final int END = -1;

  /** The message is held natively, or came as a direct buffer. */
  static final int HELD = -2;

  /** The message came as the object itself. */
  static final int OBJECT = -3;

  static final int CAPACITY = 16 << 10;

  // struct Out of bindings/java/jni/message.h.
  private static final int MESSAGE = 8;
  private static final int STATUS = 16;
  private static final int INITIAL = 24;
  private static final int TRAILING = 32;
  private static final int ENCODED = 40;
  private static final int HEADER = 64;

  private static final class Stack {
    private Scratch[] items = new Scratch[4];
    private int used;
  }

  private static final ThreadLocal<Stack> STACKS = ThreadLocal.withInitial(Stack::new);

  private final Stack stack;
  private final ByteBuffer request = ByteBuffer.allocateDirect(CAPACITY);
  private final ByteBuffer out =
      ByteBuffer.allocateDirect(HEADER + CAPACITY).order(ByteOrder.nativeOrder());
  private final ByteBuffer response = out.slice(HEADER, CAPACITY);
  private final long requestAddress = Native.address(request);
  final long outAddress = Native.address(out);

  // What encode() made.
  long data;
  long size;
  long buffer;

  private Scratch(Stack stack) {
    this.stack = stack;
  }

  static Scratch acquire() {
    Stack stack = STACKS.get();
    if (stack.used == stack.items.length) {
      stack.items = java.util.Arrays.copyOf(stack.items, 2 * stack.used);
    }
    Scratch scratch = stack.items[stack.used];
    if (scratch == null) {
      scratch = new Scratch(stack);
      stack.items[stack.used] = scratch;
    }
    ++stack.used;
    return scratch;
  }

  /** Gives back the scratch that this thread acquired last. */
  void release() {
    if (buffer != 0) {
      Native.bufferRelease(buffer);
      buffer = 0;
    }
    --stack.used;
  }

  /** Encodes a message to (data, size), or, if it is large, to (buffer, size). */
  void encode(MessageLite message) {
    if (!message.isInitialized()) {
      throw new IllegalArgumentException(
          "a required field of the " + message.getClass().getSimpleName() + " is not set");
    }
    int bytes = message.getSerializedSize();
    size = bytes;
    if (bytes <= CAPACITY) {
      request.clear();
      MessageClass.write(message, request);
      data = requestAddress;
      return;
    }
    data = 0;
    buffer = Native.bufferNew(bytes);
    MessageClass.write(message, Native.bufferBytes(buffer));
  }

  /** Nothing is encoded: the object itself is passed. */
  void passObject() {
    data = 0;
    size = 0;
  }

  /** What the function said of the message that it delivered. */
  int size() {
    return (int) out.getLong(0);
  }

  /** Reads the message that a native function delivered with `length`. */
  <T extends MessageLite> T read(int length, MessageClass<T> type)
      throws InvalidProtocolBufferException {
    if (length >= 0) {
      response.limit(length).position(0);
      return type.parse(response);
    }
    long held = out.getLong(MESSAGE);
    try {
      return content(Native.messageContent(held), type);
    } finally {
      Native.messageRelease(held);
    }
  }

  static <T extends MessageLite> T content(Object content, MessageClass<T> type)
      throws InvalidProtocolBufferException {
    return content instanceof ByteBuffer bytes ? type.parse(bytes) : type.type.cast(content);
  }

  Status takeStatus(int code) {
    long handle = out.getLong(STATUS);
    if (handle == 0) {
      return Status.fromNative(code, null, null);
    }
    out.putLong(STATUS, 0);
    byte[][] parts = Native.takeStatus(handle);
    return Status.fromNative(code, parts[0], parts[1]);
  }

  Metadata takeInitialMetadata() {
    return takeMetadata(INITIAL);
  }

  Metadata takeTrailingMetadata() {
    return takeMetadata(TRAILING);
  }

  private Metadata takeMetadata(int offset) {
    long handle = out.getLong(offset);
    out.putLong(offset, 0);
    return Metadata.fromNative(handle == 0 ? null : Native.takeMetadata(handle));
  }

  /** Whether an object that was passed had to be encoded after all. */
  boolean wasEncoded() {
    return out.getLong(ENCODED) != 0;
  }
}
