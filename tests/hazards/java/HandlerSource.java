package hazards_test;

import io.polycall.MethodDescriptor;
import io.polycall.ServerContext;
import io.polycall.ServiceDescriptor;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;

/** The source of a class that overrides every handler of a generated base: it has to compile. */
final class HandlerSource {
  final String packageName;
  final String name;
  final String text;

  HandlerSource(Class<?> base, boolean async) {
    packageName = base.getPackageName();
    name = base.getSimpleName() + "Handlers";
    StringBuilder source = new StringBuilder();
    if (!packageName.isEmpty()) {
      source.append("package ").append(packageName).append(";\n");
    }
    source.append("@java.lang.SuppressWarnings(\"deprecation\")\n");
    source.append("public final class ").append(name).append(" extends ");
    source.append(base.getSimpleName()).append(" {\n");
    for (Method method : handlers(base)) {
      source.append(method(method, async));
    }
    text = source.append("}\n").toString();
  }

  static List<Method> handlers(Class<?> base) {
    List<Method> found = new ArrayList<>();
    for (Method method : base.getDeclaredMethods()) {
      int count = method.getParameterCount();
      if (count > 1 && method.getParameterTypes()[count - 1] == ServerContext.class) {
        found.add(method);
      }
    }
    return found;
  }

  /** The class of messages of a stream or stage, or the class itself. */
  private static Type message(Type type) {
    return type instanceof ParameterizedType parameterized
        ? parameterized.getActualTypeArguments()[0]
        : type;
  }

  private static String text(Type type) {
    return type.getTypeName().replace('$', '.');
  }

  private static String method(Method method, boolean async) {
    Type[] parameters = method.getGenericParameterTypes();
    boolean requests = text(parameters[0]).contains("Requests<");
    boolean responses = parameters.length == 3;
    Type response = message(responses ? parameters[1] : method.getGenericReturnType());
    String kind =
        requests
            ? (responses ? "bidiStreaming" : "clientStreaming")
            : (responses ? "serverStreaming" : "unary");
    if (async) {
      kind = "async" + Character.toUpperCase(kind.charAt(0)) + kind.substring(1);
    }
    String result = text(method.getGenericReturnType());
    return "  @java.lang.Override public "
        + result
        + " "
        + method.getName()
        + "("
        + text(parameters[0])
        + " in, "
        + (responses ? text(parameters[1]) + " out, " : "")
        + "io.polycall.ServerContext context) {\n    "
        + (result.equals("void") ? "" : "return ")
        + "hazards_test.Answers."
        + kind
        + "(in, "
        + text(response)
        + ".getDefaultInstance()"
        + (responses ? ", out" : "")
        + ");\n  }\n";
  }

  static int methods(Class<?> base) throws ReflectiveOperationException {
    ServiceDescriptor descriptor = (ServiceDescriptor) base.getField("DESCRIPTOR").get(null);
    for (MethodDescriptor<?, ?> method : descriptor.methods()) {
      if (method.name().isEmpty()) {
        throw new IllegalStateException("a method without a name");
      }
    }
    return descriptor.methods().size();
  }
}
