package io.polycall;

import calc.v1.CalcClient;
import calc.v1.CalcOuterClass.AddReply;
import calc.v1.CalcOuterClass.AddRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A server on a transport, and a channel to it. */
final class CalcServer implements AutoCloseable {
  static final List<String> TRANSPORTS = List.of("shm", "unix", "tcp", "inproc");

  final Server server;
  final Channel channel;
  final String target;
  private final List<Path> files = new ArrayList<>();

  CalcServer(String transport, Service service) {
    this(transport, service, ServerOptions.DEFAULT, ChannelOptions.DEFAULT.transports(ways(transport)));
  }

  /** What a channel needs to reach `transport`, and no other: shared memory is agreed on over unix. */
  private static String[] ways(String transport) {
    return transport.equals("shm")
        ? new String[] {"shm", "unix"}
        : new String[] {transport};
  }

  CalcServer(
      String transport, Service service, ServerOptions options, ChannelOptions channelOptions) {
    server = new Server(options).add(service);
    target = server.listen(place(transport));
    server.start();
    channel = new Channel(target, channelOptions);
  }

  private String place(String transport) {
    switch (transport) {
      case "tcp":
      case "tls":
        return transport + "://127.0.0.1:0";
      case "inproc":
        return "inproc:calc-" + System.nanoTime();
      default:
        try {
          Path folder = Files.createTempDirectory("polycall-test");
          files.add(folder);
          return "unix:" + folder.resolve("calc.sock");
        } catch (java.io.IOException error) {
          throw new java.io.UncheckedIOException(error);
        }
    }
  }

  CalcClient client() {
    return new CalcClient(channel);
  }

  @Override
  public void close() {
    channel.close();
    server.close();
    for (Path file : files) {
      file.toFile().delete();
    }
  }

  static AddRequest request(long a, long b) {
    return AddRequest.newBuilder().setA(a).setB(b).build();
  }

  static AddRequest request(String text) {
    return AddRequest.newBuilder().setText(text).build();
  }

  static AddReply reply(long value) {
    return AddReply.newBuilder().setValue(value).build();
  }

  static boolean isOneOf(StatusCode code, StatusCode... codes) {
    return Set.of(codes).contains(code);
  }
}
