package bench;

import com.google.protobuf.ByteString;
import echo.v1.Echo.EchoMessage;
import echo.v1.EchoServiceClient;
import echo.v1.EchoServiceService;
import io.polycall.Channel;
import io.polycall.Server;
import io.polycall.ServerContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * PolyCall Java on the same work; the same command line as the other programs.
 *
 * <pre>
 *   server --target T
 *   client --target T --bench latency ...
 *   client --bench inproc --module C-MODULE      a C handler in this process
 * </pre>
 */
public final class EchoBench {
  private static final int PAYLOAD_LIMIT = 16 << 20;
  private static final long NANOS_PER_TICK = 10_000_000; // of /proc/PID/stat
  private static final int MAX_SAMPLES = 2_000_000;

  private final Map<String, String> options = new HashMap<>();

  private EchoBench() {}

  private static final class Handlers extends EchoServiceService {
    @Override
    public EchoMessage echo(EchoMessage request, ServerContext context) {
      return EchoMessage.newBuilder()
          .setPayload(request.getPayload())
          .setSequence(request.getSequence())
          .setSentAt(request.getSentAt())
          .setTag(request.getTag())
          .setCount(request.getCount())
          .build();
    }
  }

  /** As a module of the Java host's (hosted_echo.c). */
  public static void register(Server server) {
    server.add(new Handlers());
  }

  public static void main(String[] arguments) throws Exception {
    EchoBench bench = new EchoBench();
    for (int i = 1; i + 1 < arguments.length; i += 2) {
      bench.options.put(arguments[i], arguments[i + 1]);
    }
    if (arguments.length > 0 && arguments[0].equals("server")) {
      bench.serve();
    } else {
      bench.measure();
    }
    System.exit(0);
  }

  private String option(String name, String otherwise) {
    String value = options.getOrDefault(name, otherwise);
    if (value == null) {
      System.err.println(name + " is needed");
      System.exit(2);
    }
    return value;
  }

  private void serve() throws InterruptedException {
    Server server = new Server();
    register(server);
    System.out.println("READY " + server.listen(option("--target", null)));
    System.out.flush();
    server.start();
    server.await(Duration.ofSeconds(1200)); // SIGTERM ends the process, and closes the server
  }

  private EchoMessage request() {
    int payload = Integer.parseInt(option("--payload", "32"));
    if (payload < 0 || payload > PAYLOAD_LIMIT) {
      System.err.println("--payload is out of range");
      System.exit(2);
    }
    byte[] bytes = new byte[payload];
    Arrays.fill(bytes, (byte) 'x');
    return EchoMessage.newBuilder()
        .setPayload(ByteString.copyFrom(bytes))
        .setSequence(7)
        .setSentAt(300)
        .setTag(70000)
        .setCount(20000)
        .build();
  }

  private void measure() throws IOException {
    String target = options.get("--target");
    if (option("--bench", "latency").equals("inproc")) {
      Server server = new Server();
      server.load("c", option("--module", null));
      target = server.listen("inproc:bench-java");
      server.start();
    }
    if (target == null) {
      option("--target", null);
    }
    try (Channel channel = new Channel(target)) {
      measure(new EchoServiceClient(channel), request());
    }
  }

  private static long cpuOf(long pid) throws IOException {
    if (pid == 0) {
      return 0;
    }
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * NANOS_PER_TICK;
  }

  /** Depth-1 calls one after the other, each timed. */
  private void measure(EchoServiceClient client, EchoMessage request) throws IOException {
    if (!client.echo(request).equals(request)) {
      System.err.println("the answer does not fit the request");
      System.exit(1);
    }
    double seconds = Double.parseDouble(option("--seconds", "1"));
    long maxCalls = Long.parseLong(option("--max-calls", "" + MAX_SAMPLES));
    long serverPid = Long.parseLong(option("--server-pid", "0"));
    long self = ProcessHandle.current().pid();
    long[] samples = new long[(int) Math.min(maxCalls, MAX_SAMPLES)];
    // The compiler needs some ten thousand calls before it is done, however short the run is.
    long warm = System.nanoTime() + (long) (Math.max(seconds * 0.15, 1.0) * 1e9);
    while (System.nanoTime() < warm) {
      client.echo(request);
    }
    long serverCpu = cpuOf(serverPid);
    long clientCpu = cpuOf(self);
    long begin = System.nanoTime();
    long end = begin + (long) (seconds * 1e9);
    int count = 0;
    for (long before = begin; before < end && count < samples.length; ) {
      client.echo(request);
      long after = System.nanoTime();
      samples[count++] = after - before;
      before = after;
    }
    long wall = System.nanoTime() - begin;
    clientCpu = cpuOf(self) - clientCpu;
    serverCpu = cpuOf(serverPid) - serverCpu;
    Arrays.sort(samples, 0, count);
    System.out.printf(
        Locale.ROOT,
        "{\"peer\": \"polycall\", \"bench\": \"%s\", \"payload\": %d, \"calls\": %d,"
            + " \"p50_ns\": %d, \"p99_ns\": %d, \"wall_ns\": %d, \"client_cpu_ns\": %d,"
            + " \"server_cpu_ns\": %d}%n",
        option("--bench", "latency"),
        request.getPayload().size(),
        count,
        quantile(samples, count, 0.5),
        quantile(samples, count, 0.99),
        wall,
        clientCpu,
        serverCpu);
  }

  private static long quantile(long[] sorted, int count, double share) {
    return sorted[Math.min(count - 1, Math.max(0, (int) Math.round(share * count) - 1))];
  }
}
