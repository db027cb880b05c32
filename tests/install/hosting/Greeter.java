import greet.v1.Greet.GreetReply;
import greet.v1.Greet.GreetRequest;
import greet.v1.GreeterService;
import io.polycall.Server;
import io.polycall.ServerContext;

/** A module of the Java host's; its classes are polycall_generate's, of the installed package. */
public class Greeter extends GreeterService {
  @Override
  public GreetReply greet(GreetRequest request, ServerContext context) {
    return GreetReply.newBuilder().setText("Hello " + request.getName() + ", from Java").build();
  }

  public static void register(Server server) {
    server.add(new Greeter());
  }
}
