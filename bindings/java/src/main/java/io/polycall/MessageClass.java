package io.polycall;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What the runtime has to know of a message class. One for each class. */
final class MessageClass<T extends MessageLite> {
  private static final ClassValue<MessageClass<?>[]> ALL =
      new ClassValue<>() {
        @Override
        protected MessageClass<?>[] computeValue(Class<?> type) {
          return new MessageClass<?>[1];
        }
      };

  final String name;
  final Class<T> type;
  private final Parser<T> parser;

  /** The native polycall_message_type; made when first needed, never freed. */
  private volatile long table;

  @SuppressWarnings("unchecked")
  private MessageClass(T instance) {
    this.type = (Class<T>) instance.getClass();
    this.parser = (Parser<T>) instance.getParserForType();
    this.name =
        instance instanceof com.google.protobuf.Message message
            ? message.getDescriptorForType().getFullName()
            : type.getName();
  }

  @SuppressWarnings("unchecked")
  static <T extends MessageLite> MessageClass<T> of(T instance) {
    MessageClass<?>[] cell = ALL.get(instance.getClass());
    synchronized (cell) {
      if (cell[0] == null) {
        cell[0] = new MessageClass<>(instance);
      }
      return (MessageClass<T>) cell[0];
    }
  }

  long table() {
    long made = table;
    return made != 0 ? made : makeTable();
  }

  private synchronized long makeTable() {
    if (table == 0) {
      table = Native.messageType(Native.utf8(name));
    }
    return table;
  }

  /** Reads all that remains of `bytes`. */
  T parse(ByteBuffer bytes) throws InvalidProtocolBufferException {
    return parser.parseFrom(bytes);
  }

  /** Writes `message` at the buffer's position, where it fits. */
  static void write(MessageLite message, ByteBuffer buffer) {
    try {
      CodedOutputStream stream = CodedOutputStream.newInstance(buffer);
      message.writeTo(stream);
      stream.flush();
    } catch (IOException impossible) { // the buffer has the size that the message asked for
      throw new IllegalStateException(impossible);
    }
  }
}
