import io.polycall.Server;
import io.polycall.ServerContext;
import faults.v1.BrokenService;
import faults.v1.Faults.Number;

/** The module of faults_test.cc for the Java host. */
public final class Handlers extends BrokenService {
  private static long down(long depth) {
    return 1 + down(depth + 1);
  }

  @Override
  public Number fall(Number request, ServerContext context) {
    return Number.newBuilder().setValue(down(0)).build();
  }

  @Override
  public Number fail(Number request, ServerContext context) {
    throw new IllegalStateException("it broke");
  }

  @Override
  public Number babble(Number request, ServerContext context) {
    return null;
  }

  @Override
  public Number stand(Number request, ServerContext context) {
    return request;
  }

  /** What the host calls. */
  public static void register(Server server) {
    server.add(new Handlers());
  }
}
