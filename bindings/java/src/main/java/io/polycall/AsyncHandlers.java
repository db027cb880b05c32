package io.polycall;

import com.google.protobuf.MessageLite;
import java.util.concurrent.CompletionStage;

/** Handlers that end their call by completing a stage. */
final class AsyncHandlers {
  private AsyncHandlers() {}

  /**
   * What all share. A call whose stage and context nobody refers to any more can never be ended by its
   * handler, so the garbage collector ends it.
   */
  private abstract static class Handler<Q extends MessageLite, R extends MessageLite>
      extends MethodHandler<Q, R> {
    Handler(String service, MethodDescriptor<Q, R> method) {
      super(service, method, true);
    }

    abstract CompletionStage<?> start(
        ServerContext context, UpcallSlot slot, int size, Object large) throws Exception;

    abstract void end(ServerCall call, Object result, boolean asObject);

    @Override
    final int run(ServerContext context, UpcallSlot slot, int size, Object large)
        throws Exception {
      ServerCall call = context.call;
      boolean asObject = size == Scratch.OBJECT;
      call.passesObjects = asObject;
      CompletionStage<?> stage = start(context, slot, size, large);
      if (stage == null) {
        throw new StatusException(
            StatusCode.INTERNAL, "the handler of " + label + " returned null");
      }
      String abandoned = "the handler of " + label + " dropped its call without an answer";
      Closer.CLEANER.register(
          context,
          () -> {
            if (!call.isClosed()) {
              call.fail(new StatusException(StatusCode.UNKNOWN, abandoned));
            }
          });
      stage.whenComplete(
          (result, error) -> {
            ServerCall own = context.call; // keeps the context as long as the stage
            if (error != null) {
              own.fail(error);
              return;
            }
            try {
              end(own, result, asObject);
            } catch (Throwable failed) {
              own.fail(failed);
            }
          });
      return FINISHED;
    }

    @SuppressWarnings("unchecked")
    final void endWith(ServerCall call, Object response, boolean asObject) {
      finish(call, checked((R) response), asObject);
    }
  }

  static final class OfUnary<Q extends MessageLite, R extends MessageLite>
      extends Handler<Q, R> {
    private final ServiceDefinition.AsyncUnary<Q, R> handler;

    OfUnary(
        String service,
        MethodDescriptor<Q, R> method,
        ServiceDefinition.AsyncUnary<Q, R> handler) {
      super(service, method);
      this.handler = handler;
    }

    @Override
    CompletionStage<?> start(ServerContext context, UpcallSlot slot, int size, Object large)
        throws Exception {
      return handler.handle(request(context.call, slot, size, large), context);
    }

    @Override
    void end(ServerCall call, Object result, boolean asObject) {
      endWith(call, result, asObject);
    }
  }

  static final class OfServerStreaming<Q extends MessageLite, R extends MessageLite>
      extends Handler<Q, R> {
    private final ServiceDefinition.AsyncServerStreaming<Q, R> handler;

    OfServerStreaming(
        String service,
        MethodDescriptor<Q, R> method,
        ServiceDefinition.AsyncServerStreaming<Q, R> handler) {
      super(service, method);
      this.handler = handler;
    }

    @Override
    CompletionStage<?> start(ServerContext context, UpcallSlot slot, int size, Object large)
        throws Exception {
      return handler.handle(
          request(context.call, slot, size, large),
          new AsyncResponses<>(context.call, method.response),
          context);
    }

    @Override
    void end(ServerCall call, Object result, boolean asObject) {
      call.finish();
    }
  }

  static final class OfClientStreaming<Q extends MessageLite, R extends MessageLite>
      extends Handler<Q, R> {
    private final ServiceDefinition.AsyncClientStreaming<Q, R> handler;

    OfClientStreaming(
        String service,
        MethodDescriptor<Q, R> method,
        ServiceDefinition.AsyncClientStreaming<Q, R> handler) {
      super(service, method);
      this.handler = handler;
    }

    @Override
    CompletionStage<?> start(ServerContext context, UpcallSlot slot, int size, Object large)
        throws Exception {
      return handler.handle(new AsyncRequests<>(context.call, method.request), context);
    }

    @Override
    void end(ServerCall call, Object result, boolean asObject) {
      endWith(call, result, asObject);
    }
  }

  static final class OfBidiStreaming<Q extends MessageLite, R extends MessageLite>
      extends Handler<Q, R> {
    private final ServiceDefinition.AsyncBidiStreaming<Q, R> handler;

    OfBidiStreaming(
        String service,
        MethodDescriptor<Q, R> method,
        ServiceDefinition.AsyncBidiStreaming<Q, R> handler) {
      super(service, method);
      this.handler = handler;
    }

    @Override
    CompletionStage<?> start(ServerContext context, UpcallSlot slot, int size, Object large)
        throws Exception {
      return handler.handle(
          new AsyncRequests<>(context.call, method.request),
          new AsyncResponses<>(context.call, method.response),
          context);
    }

    @Override
    void end(ServerCall call, Object result, boolean asObject) {
      call.finish();
    }
  }
}
