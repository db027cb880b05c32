package hazards_test;

import com.google.protobuf.Message;
import io.polycall.AsyncBidiStream;
import io.polycall.AsyncClientStream;
import io.polycall.AsyncServerStream;
import io.polycall.BidiStream;
import io.polycall.CallFuture;
import io.polycall.Channel;
import io.polycall.ClientStream;
import io.polycall.Server;
import io.polycall.ServerStream;
import io.polycall.Service;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * Every message of the hazard protos goes to bytes and back, and every method is called by its
 * generated name: from the blocking and the asynchronous client, to handlers of both styles.
 */
public final class HazardsTest {
  private static final int PATIENCE = 20;
  private static int calls;

  public static void main(String[] arguments) throws Exception {
    Path jar = Path.of(arguments[0]);
    Path work = Path.of(arguments[1]);
    List<Class<?>> classes = classes(jar);
    int messages = 0;
    List<Class<?>> bases = new ArrayList<>();
    for (Class<?> type : classes) {
      if (Message.class.isAssignableFrom(type)) {
        roundTrip((Message) type.getMethod("getDefaultInstance").invoke(null));
        ++messages;
      } else if (Service.class.isAssignableFrom(type)) {
        bases.add(type);
      }
    }
    ClassLoader handlers = compile(bases, work);
    int methods = 0;
    for (Class<?> base : bases) {
      methods += serve(base, handlers);
    }
    System.out.printf(
        "%d messages, %d handler classes, %d handlers, %d calls%n",
        messages, bases.size(), methods, calls);
    expect(messages > 50 && bases.size() > 20 && calls >= 2 * methods, "enough to be tested");
  }

  private static void expect(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError("expected " + what);
    }
  }

  private static List<Class<?>> classes(Path jar) throws Exception {
    List<Class<?>> found = new ArrayList<>();
    try (JarFile file = new JarFile(jar.toFile())) {
      for (var entry : Collections.list(file.entries())) {
        String name = entry.getName();
        if (name.endsWith(".class")) {
          String type = name.substring(0, name.length() - ".class".length()).replace('/', '.');
          Class<?> loaded = Class.forName(type);
          if (!loaded.isInterface()) {
            found.add(loaded);
          }
        }
      }
    }
    return found;
  }

  private static void roundTrip(Message instance) throws Exception {
    Message filled = Filler.fill(instance);
    Message back = instance.getParserForType().parseFrom(filled.toByteArray());
    expect(filled.equals(back), instance.getDescriptorForType().getFullName() + " to come back");
  }

  private static ClassLoader compile(List<Class<?>> bases, Path work) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("-encoding", "UTF-8", "-nowarn", "-d", work.toString()));
    arguments.addAll(List.of("-cp", System.getProperty("java.class.path")));
    for (Class<?> base : bases) {
      HandlerSource source = new HandlerSource(base, isAsync(base));
      Path folder = work.resolve(source.packageName.replace('.', '/'));
      Files.createDirectories(folder);
      Path file = folder.resolve(source.name + ".java");
      Files.writeString(file, source.text);
      arguments.add(file.toString());
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    int code = compiler.run(null, null, null, arguments.toArray(new String[0]));
    expect(code == 0, "the handlers to compile");
    return new URLClassLoader(new URL[] {work.toUri().toURL()}, HazardsTest.class.getClassLoader());
  }

  private static boolean isAsync(Class<?> base) {
    return base.getSimpleName().replaceAll("_+$", "").endsWith("AsyncService");
  }

  private static int serve(Class<?> base, ClassLoader loader) throws Exception {
    Service service =
        (Service)
            loader.loadClass(base.getName() + "Handlers").getConstructor().newInstance();
    try (Server server = new Server().add(service)) {
      String target = server.listen("inproc:" + base.getName());
      server.start();
      try (Channel channel = new Channel(target)) {
        String stem = base.getName().replaceAll("_*$", "");
        stem = stem.substring(0, stem.length() - (isAsync(base) ? 12 : 7));
        call(client(stem + "Client", base), channel);
        call(client(stem + "AsyncClient", base), channel);
      }
    }
    return HandlerSource.handlers(base).size();
  }

  /** The generated class, whatever its name became. */
  private static Class<?> client(String name, Class<?> base) throws ClassNotFoundException {
    for (String tried : List.of(name + "__", name + "_", name)) {
      try {
        Class<?> found = Class.forName(tried, true, base.getClassLoader());
        found.getConstructor(Channel.class);
        return found;
      } catch (ClassNotFoundException | NoSuchMethodException not) {
        // the next name
      }
    }
    throw new ClassNotFoundException(name);
  }

  private static void call(Class<?> type, Channel channel) throws Exception {
    Object client = type.getConstructor(Channel.class).newInstance(channel);
    for (Method method : type.getDeclaredMethods()) {
      Class<?>[] parameters = method.getParameterTypes();
      if (parameters.length > 1
          || parameters.length == 1 && !Message.class.isAssignableFrom(parameters[0])) {
        continue; // the same with options, and with all requests at once
      }
      try {
        if (parameters.length == 1) {
          Message request = Filler.fill(instance(parameters[0]));
          check(method, request, method.invoke(client, request));
        } else {
          stream(method, method.invoke(client));
        }
        ++calls;
      } catch (Throwable error) {
        throw new AssertionError(method.toString(), error);
      }
    }
  }

  private static Message instance(Class<?> type) throws ReflectiveOperationException {
    return (Message) type.getMethod("getDefaultInstance").invoke(null);
  }

  private static Class<?> argument(Method method, int index) {
    Type type = ((ParameterizedType) method.getGenericReturnType()).getActualTypeArguments()[index];
    return (Class<?>) type;
  }

  private static void check(Method method, Message request, Object result) throws Exception {
    if (result instanceof Message response) {
      expect(response.equals(Answers.expected(request, response)), "the answer of " + method);
    } else if (result instanceof CallFuture<?> future) {
      Message response = (Message) future.get(PATIENCE, TimeUnit.SECONDS);
      expect(response.equals(Answers.expected(request, response)), "the answer of " + method);
    } else {
      Message answer = Answers.expected(request, instance(argument(method, 0)));
      int count = 0;
      if (result instanceof ServerStream<?> stream) {
        for (Object response : stream) {
          expect(response.equals(answer), "the answers of " + method);
          ++count;
        }
      } else {
        AsyncServerStream<?> stream = (AsyncServerStream<?>) result;
        for (; ; ) {
          Object response = stream.receive().get(PATIENCE, TimeUnit.SECONDS);
          if (response == null) {
            break;
          }
          expect(response.equals(answer), "the answers of " + method);
          ++count;
        }
      }
      expect(count == 2, "two answers of " + method);
    }
  }

  @SuppressWarnings("unchecked")
  private static void stream(Method method, Object result) throws Exception {
    Message request = Filler.fill(instance(argument(method, 0)));
    Message answer = Answers.expected(request, instance(argument(method, 1)));
    Object found;
    if (result instanceof ClientStream<?, ?> stream) {
      ((ClientStream<Message, Message>) stream).send(request);
      found = stream.finish();
    } else if (result instanceof BidiStream<?, ?> stream) {
      ((BidiStream<Message, Message>) stream).send(request);
      found = stream.receive();
      stream.close();
    } else if (result instanceof AsyncClientStream<?, ?> stream) {
      ((AsyncClientStream<Message, Message>) stream).send(request).get(PATIENCE, TimeUnit.SECONDS);
      found = stream.finish().get(PATIENCE, TimeUnit.SECONDS);
    } else {
      AsyncBidiStream<Message, Message> stream = (AsyncBidiStream<Message, Message>) result;
      stream.send(request).get(PATIENCE, TimeUnit.SECONDS);
      found = stream.receive().get(PATIENCE, TimeUnit.SECONDS);
      stream.close();
    }
    expect(answer.equals(found), "the answer of " + method);
  }
}
