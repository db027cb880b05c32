package io.polycall;

import com.google.protobuf.MessageLite;

/** Handlers that end their call by returning. */
final class BlockingHandlers {
  private BlockingHandlers() {}

  static final class OfUnary<Q extends MessageLite, R extends MessageLite>
      extends MethodHandler<Q, R> {
    private final ServiceDefinition.Unary<Q, R> handler;

    OfUnary(
        String service, MethodDescriptor<Q, R> method, ServiceDefinition.Unary<Q, R> handler) {
      super(service, method, false);
      this.handler = handler;
    }

    @Override
    int run(ServerContext context, UpcallSlot slot, int size, Object large) throws Exception {
      ServerCall call = context.call;
      Q request = request(call, slot, size, large);
      R response = checked(handler.handle(request, context));
      if (size == Scratch.OBJECT) {
        call.finishWithObject(response, method.response);
        return FINISHED;
      }
      int written = slot.write(response);
      if (written < 0) {
        call.finish(response);
        return FINISHED;
      }
      return call.end() ? written : FINISHED;
    }
  }

  static final class OfServerStreaming<Q extends MessageLite, R extends MessageLite>
      extends MethodHandler<Q, R> {
    private final ServiceDefinition.ServerStreaming<Q, R> handler;

    OfServerStreaming(
        String service,
        MethodDescriptor<Q, R> method,
        ServiceDefinition.ServerStreaming<Q, R> handler) {
      super(service, method, false);
      this.handler = handler;
    }

    @Override
    int run(ServerContext context, UpcallSlot slot, int size, Object large) throws Exception {
      ServerCall call = context.call;
      Q request = request(call, slot, size, large);
      call.passesObjects = size == Scratch.OBJECT;
      handler.handle(request, new Responses<>(call, method.response), context);
      call.finish();
      return FINISHED;
    }
  }

  static final class OfClientStreaming<Q extends MessageLite, R extends MessageLite>
      extends MethodHandler<Q, R> {
    private final ServiceDefinition.ClientStreaming<Q, R> handler;

    OfClientStreaming(
        String service,
        MethodDescriptor<Q, R> method,
        ServiceDefinition.ClientStreaming<Q, R> handler) {
      super(service, method, false);
      this.handler = handler;
    }

    @Override
    int run(ServerContext context, UpcallSlot slot, int size, Object large) throws Exception {
      ServerCall call = context.call;
      R response =
          checked(handler.handle(new Requests<>(call, method.request), context));
      call.finish(response);
      return FINISHED;
    }
  }

  static final class OfBidiStreaming<Q extends MessageLite, R extends MessageLite>
      extends MethodHandler<Q, R> {
    private final ServiceDefinition.BidiStreaming<Q, R> handler;

    OfBidiStreaming(
        String service,
        MethodDescriptor<Q, R> method,
        ServiceDefinition.BidiStreaming<Q, R> handler) {
      super(service, method, false);
      this.handler = handler;
    }

    @Override
    int run(ServerContext context, UpcallSlot slot, int size, Object large) throws Exception {
      ServerCall call = context.call;
      handler.handle(
          new Requests<>(call, method.request), new Responses<>(call, method.response), context);
      call.finish();
      return FINISHED;
    }
  }
}
