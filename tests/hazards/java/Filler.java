package hazards_test;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.List;

/** Messages with a value in every field. */
final class Filler {
  private static final int DEPTH = 3;

  private Filler() {}

  static Message fill(Message instance) {
    return fill(instance.newBuilderForType(), DEPTH);
  }

  private static Message fill(Message.Builder builder, int depth) {
    for (FieldDescriptor field : builder.getDescriptorForType().getFields()) {
      boolean message = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
      if (message && depth == 0 && !field.isRequired()) {
        continue;
      }
      if (field.isRepeated()) {
        builder.addRepeatedField(field, value(builder, field, depth));
      } else {
        builder.setField(field, value(builder, field, depth));
      }
    }
    return builder.build();
  }

  private static Object value(Message.Builder builder, FieldDescriptor field, int depth) {
    int number = field.getNumber();
    switch (field.getJavaType()) {
      case INT:
        return 1000 + number;
      case LONG:
        return (1L << 40) + number;
      case FLOAT:
        return number + 0.5f;
      case DOUBLE:
        return number + 0.25;
      case BOOLEAN:
        return true;
      case STRING:
        return field.getName() + " \u00fc\u65e5\ud83d\ude00";
      case BYTE_STRING:
        return ByteString.copyFrom(new byte[] {0, -1, (byte) number});
      case ENUM:
        List<EnumValueDescriptor> values = field.getEnumType().getValues();
        return values.get(values.size() - 1);
      default:
        return fill(builder.newBuilderForField(field), depth - 1);
    }
  }
}
